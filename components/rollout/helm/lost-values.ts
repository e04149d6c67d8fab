import * as pulumi from "@pulumi/pulumi";
import type { ClusterAddress } from "../../kubernetes";
import { parseValues, type ReleaseValues } from "./files";
import { liveRelease, otherValues, type OtherValue } from "./live";

/** A release and what this stack sets in it. */
export interface OwnRelease {
  readonly address: ClusterAddress;
  readonly release: string;
  /** What the values files say. */
  readonly read: ReleaseValues;
  /** The keys that lead to our own values, with dots between them. */
  readonly ours: readonly string[];
}

/**
 * Warns, in a preview, of a release whose live values are others than `up` would apply: somebody upgraded
 * it with values that the files do not have, such as an image set by CI with `--set`. The program looks
 * itself, because the engine compares with what it applied last. Cluster unreachable: nothing is said,
 * the drain reports it.
 */
export function warnOfLostValues(own: OwnRelease, resource: pulumi.Resource): void {
  if (!pulumi.runtime.isDryRun()) return;
  void findLostValues(own).then(async (words) => {
    if (words !== undefined) await pulumi.log.warn(words, resource);
  });
}

async function findLostValues({ address, release, read, ours }: OwnRelease) {
  const live = await liveRelease(address, release).catch(() => undefined);
  if (live === undefined) return undefined;
  const { defaults, ofSite } = read;
  const applied = {
    ...(defaults && { defaults: parseValues(defaults) }),
    ofSite: ofSite.map(parseValues),
  };
  const found = otherValues(live, applied, ours);
  return found.length > 0 ? describeLostValues(release, found, ofSite.at(-1)?.file) : undefined;
}

/** The maximum number of keys that are named. */
const maxKeys = 10;

/** What a reviewer has to know of a release; a value that may be a secret is not shown. */
export function describeLostValues(
  release: string,
  found: readonly OtherValue[],
  file = "a values file of the release",
): string {
  const keys = found.slice(0, maxKeys).map(({ path, live, applied }) => {
    const isShown = /(^|\.)(tag|digest|repository|image|replicas|replicaCount)$/.test(path);
    if (isShown) return `  ${path}: ${textOf(live)} is live, ${textOf(applied)} would be applied`;
    return `  ${path}${live === undefined ? ": not live" : applied === undefined ? ": would be lost" : ""}`;
  });
  const more = found.length - keys.length;
  return [
    `The live release ${release} has other values than \`pulumi up\` would apply:`,
    ...keys,
    ...(more > 0 ? [`  and ${more} more`] : []),
    "If this change is not about these values, somebody set them outside the files, for example with " +
      `\`helm upgrade --set\`. Write them into ${file}, or they are lost.`,
  ].join("\n");
}

const textOf = (value: unknown) =>
  value === undefined ? "none" : typeof value === "string" ? value : JSON.stringify(value);
