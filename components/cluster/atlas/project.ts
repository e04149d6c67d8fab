import type * as mongodbatlas from "@pulumi/mongodbatlas";
import * as pulumi from "@pulumi/pulumi";
import { entryAddress, type AtlasSettings } from "../../settings";
import { childName, ProgramError, stackName } from "../../step/program";
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

type Entry = AtlasSettings["accessList"][number];

/**
 * The IP access list of the project. The provider replaces an entry if its comment changes, and Atlas identifies
 * entries by address: the old one is deleted first, because its deletion would delete the new one.
 */
export function accessList(
  settings: AtlasSettings,
  projectId: pulumi.Input<string>,
  options: pulumi.CustomResourceOptions,
): mongodbatlas.ProjectIpAccessList[] {
  return [...entriesByAddress(settings)].map(([address, entry]) => {
    const name = childName(options.parent, `access-${address}`);
    const args = { ...entryArgs(entry), projectId };
    const replaced = { ...options, deleteBeforeReplace: true };
    return new (atlasSdk().ProjectIpAccessList)(name, args, replaced);
  });
}

// Two forms of one address are one entry in Atlas.
function entriesByAddress({ accessList }: Pick<AtlasSettings, "accessList">): Map<string, Entry> {
  return new Map(accessList.map((entry) => [entryAddress(entry), entry]));
}

/** The arguments of an entry, with Atlas' form of its address. */
export function entryArgs(entry: Entry): Omit<mongodbatlas.ProjectIpAccessListArgs, "projectId"> {
  const address = entryAddress(entry);
  return {
    ...(address.includes("/") ? { cidrBlock: address } : { ipAddress: address }),
    ...(entry.comment !== "" && { comment: entry.comment }),
  };
}

/**
 * The stack's own entries of the access list, each as `PROJECT-ADDRESS`. The provider would silently take over an
 * existing entry and later delete it. If Atlas does not answer, the creation of new entries fails.
 *
 * @throws ProgramError with existing entries of others, before anything changes
 */
export async function requireOwnEntries(
  settings: AtlasSettings,
  projectId: string,
  parent: pulumi.Resource,
): Promise<string[]> {
  const idOf = (address: string) => `${projectId}-${address}`;
  const wanted = [...entriesByAddress(settings).keys()].map(idOf);
  const known = wanted.length > 0 ? await readOwnEntries() : [];
  const isKnown = (entry: string) => known.includes(entry);
  if (wanted.every(isKnown)) return wanted;
  const asked = atlasSdk().getProjectIpAccessLists({ projectId }, { parent });
  const list = await asked.catch(() => undefined);
  if (list === undefined) return wanted.filter(isKnown);
  // The plugin omits an empty list, whatever its type says.
  const listed = (list as Partial<typeof list>).results ?? [];
  const live = listed.map((entry) => idOf(addressOf(entry)));
  const foreign = wanted.filter((entry) => live.includes(entry) && !isKnown(entry));
  if (foreign.length === 0) return wanted;
  throw new ProgramError(
    `Atlas already has these entries of cluster.accessList, not from this stack: ${foreign.join(", ")}. ` +
      "Deleting them later would end the access of others. Remove them from cluster.accessList (their " +
      "addresses already have access), or delete them in Atlas. Nothing was changed.",
  );
}

// An entry of a security group has no address.
interface PluginEntry {
  readonly cidrBlock?: string;
  readonly ipAddress?: string;
}

// From the stack's last update, even if it failed or was killed.
interface ResourceOutputs extends PluginEntry {
  readonly projectId?: string;
  /** The component's output: the entries that the last update was to create. */
  readonly ownEntries?: readonly string[];
}

async function readOwnEntries(): Promise<string[]> {
  const answer = (await pulumi.runtime.invoke("pulumi:pulumi:readStackResourceOutputs", {
    stackName: stackName(),
  })) as { readonly outputs: Readonly<Record<string, { readonly outputs: ResourceOutputs }>> };
  return Object.values(answer.outputs).flatMap(({ outputs }) => [
    ...(outputs.ownEntries ?? []),
    `${outputs.projectId ?? ""}-${addressOf(outputs)}`,
  ]);
}

function addressOf({ cidrBlock, ipAddress }: PluginEntry): string {
  const given = [cidrBlock, ipAddress].find(Boolean) ?? "";
  return given.replace(/\/32$/, "");
}
