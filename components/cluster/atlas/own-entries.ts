import * as mongodbatlas from "@pulumi/mongodbatlas";
import * as pulumi from "@pulumi/pulumi";
import type { AtlasSettings } from "../../settings";
import { ProgramError, stackName } from "../../step/program";
import { entriesByAddress } from "./project";

/**
 * The entries of the settings that are this stack's, each as `PROJECT-ADDRESS`. Atlas knows an entry only by
 * its address: the provider would take over one that exists, and later delete it. If Atlas does not answer,
 * the creation of new ones says so.
 *
 * @throws ProgramError with the entries that exist and are not this stack's, before anything is changed
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
  const asked = mongodbatlas.getProjectIpAccessLists({ projectId }, { parent });
  const list = await asked.catch(() => undefined);
  if (list === undefined) return wanted.filter(isKnown);
  // Of an empty list the plugin says nothing, whatever its type says.
  const listed = (list as Partial<typeof list>).results ?? [];
  const live = listed.map((entry) => idOf(addressOf(entry)));
  const foreign = wanted.filter((entry) => live.includes(entry) && !isKnown(entry));
  if (foreign.length === 0) return wanted;
  throw new ProgramError(
    `Atlas already has these entries of cluster.accessList, not from this stack: ${foreign.join(", ")}. ` +
      "Deleting them later would end the access of others. Remove them from cluster.accessList, because " +
      "their addresses have access, or delete them in Atlas. Nothing was changed.",
  );
}

/** An entry as the plugin has it; one of a security group has no address. */
interface Entry {
  readonly cidrBlock?: string;
  readonly ipAddress?: string;
}

/** What the state has of this stack's last update, also if that failed or was killed. */
interface ResourceOutputs extends Entry {
  readonly projectId?: string;
  /** Of the component: what the last update was to create. */
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

function addressOf({ cidrBlock, ipAddress }: Entry): string {
  const given = [cidrBlock, ipAddress].find(Boolean) ?? "";
  return given.replace(/\/32$/, "");
}
