import * as mongodbatlas from "@pulumi/mongodbatlas";
import type * as pulumi from "@pulumi/pulumi";
import type { AtlasSettings } from "../../settings";

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
  return entriesOn(settings.accessList, new Date()).map((entry) => {
    const name = `access-${entry.address ?? entry.range ?? ""}`;
    const args = { ...entryArgs(entry), projectId };
    const replaced = { ...options, deleteBeforeReplace: true };
    return new mongodbatlas.ProjectIpAccessList(name, args, replaced);
  });
}

/**
 * The entries that count on a day (UTC), the day of their expiry included. The provider has no expiry
 * of its own, so one that is over is left out, and the next `up` deletes it, in either mode.
 */
export function entriesOn(entries: readonly Entry[], day: Date): Entry[] {
  const today = day.toISOString().slice(0, 10);
  return entries.filter(({ expires }) => expires === undefined || expires >= today);
}

/** An entry as Atlas has it; its expiry is in the comment, for who reads it there. */
export function entryArgs({
  address,
  range,
  comment,
  expires,
}: Entry): Omit<mongodbatlas.ProjectIpAccessListArgs, "projectId"> {
  const until = expires === undefined ? "" : `until ${expires}`;
  const words = [comment, until].filter((one) => one !== "").join(", ");
  return {
    ...(address !== undefined && { ipAddress: address }),
    ...(range !== undefined && { cidrBlock: range }),
    ...(words !== "" && { comment: words }),
  };
}
