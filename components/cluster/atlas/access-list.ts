import type * as mongodbatlas from "@pulumi/mongodbatlas";
import type * as pulumi from "@pulumi/pulumi";
import { entryAddress, type AtlasSettings } from "../../settings";
import { childName } from "../../step/program";
import { atlasSdk } from "./sdk";

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
    const address = entryAddress(entry);
    const target = address.includes("/") ? { cidrBlock: address } : { ipAddress: address };
    const name = childName(options.parent, `access-${address}`);
    const args = { ...target, projectId, comment: entry.comment || undefined };
    return new (atlasSdk().ProjectIpAccessList)(name, args, { ...options, retainOnDelete: true });
  });
}
