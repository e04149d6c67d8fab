import type * as mongodbatlas from "@pulumi/mongodbatlas";
import type * as pulumi from "@pulumi/pulumi";
import { entryAddress, type AtlasSettings } from "../../settings";
import { childName } from "../../step/program";
import { atlasSdk } from "./sdk";

/** The id of the project, which is created unless the settings name one. Destroying the stack keeps it. */
export function projectOf(
  { projectId, project, protection }: AtlasSettings,
  options: pulumi.CustomResourceOptions,
): pulumi.Input<string> {
  if (project === undefined) return projectId ?? "";
  const kept = { ...options, protect: protection, retainOnDelete: true };
  return new (atlasSdk().Project)(childName(options.parent, "project"), { ...project }, kept).id;
}

/**
 * The entries of the project's IP access list. Others share the project, so an entry stays in Atlas when the settings
 * no longer list it. The provider writes over an entry that exists.
 */
export function accessList(
  { accessList }: AtlasSettings,
  projectId: pulumi.Input<string>,
  options: pulumi.CustomResourceOptions,
): mongodbatlas.ProjectIpAccessList[] {
  return accessList.map((entry) => {
    const name = childName(options.parent, `access-${entryAddress(entry)}`);
    const args = { ...entryArgs(entry), projectId };
    return new (atlasSdk().ProjectIpAccessList)(name, args, { ...options, retainOnDelete: true });
  });
}

/** The arguments of an entry, with Atlas' form of its address. */
export function entryArgs(
  entry: AtlasSettings["accessList"][number],
): Omit<mongodbatlas.ProjectIpAccessListArgs, "projectId"> {
  const address = entryAddress(entry);
  return {
    ...(address.includes("/") ? { cidrBlock: address } : { ipAddress: address }),
    ...(entry.comment !== "" && { comment: entry.comment }),
  };
}
