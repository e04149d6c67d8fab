import * as mongodbatlas from "@pulumi/mongodbatlas";
import type * as pulumi from "@pulumi/pulumi";
import { entryAddress, type AtlasSettings } from "../../settings";

/** The id of the project that the settings name, or of a new one. Destroying the stack leaves it. */
export function projectOf(
  { projectId, project, protection }: AtlasSettings,
  options: pulumi.CustomResourceOptions,
): pulumi.Input<string> {
  if (project === undefined) return projectId ?? "";
  const kept = { ...options, protect: protection, retainOnDelete: true };
  return new mongodbatlas.Project("project", { ...project }, kept).id;
}

type Entry = AtlasSettings["accessList"][number];

/**
 * Who may reach the project's clusters over the network.
 *
 * The provider replaces an entry if its comment changes, and Atlas knows entries only by address: the
 * former one goes first, because its deletion would delete the new one.
 */
export function accessList(
  settings: AtlasSettings,
  projectId: pulumi.Input<string>,
  options: pulumi.CustomResourceOptions,
): mongodbatlas.ProjectIpAccessList[] {
  return [...entriesByAddress(settings)].map(([address, entry]) => {
    const name = `access-${address}`;
    const args = { ...entryArgs(entry), projectId };
    const replaced = { ...options, aliases: [{ name: `${name}/32` }], deleteBeforeReplace: true };
    return new mongodbatlas.ProjectIpAccessList(name, args, replaced);
  });
}

/** Of two forms of one address Atlas has one. */
export function entriesByAddress({
  accessList,
}: Pick<AtlasSettings, "accessList">): Map<string, Entry> {
  return new Map(accessList.map((entry) => [entryAddress(entry), entry]));
}

/** An entry as Atlas has it. */
export function entryArgs(entry: Entry): Omit<mongodbatlas.ProjectIpAccessListArgs, "projectId"> {
  const address = entryAddress(entry);
  return {
    ...(address.includes("/") ? { cidrBlock: address } : { ipAddress: address }),
    ...(entry.comment !== "" && { comment: entry.comment }),
  };
}
