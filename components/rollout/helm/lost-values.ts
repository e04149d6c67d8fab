import { gunzipSync } from "node:zlib";
import * as pulumi from "@pulumi/pulumi";
import { andMore, warning, compareValues, type ValueDifference } from "../../text";
import { logFinding } from "../../step/program";
import { clusterAt, type ClusterAddress } from "../../kubernetes";
import { environmentKeys } from "../environment";
import { newestRevision } from "./releases";
import type { ServiceValues, ReleaseArgs } from "../placement";
import { inHelmsOrder, isMap, mergeValues, parseValues, type ReleaseValues } from "../values/files";
import { variableKey } from "../values/variables";

/**
 * Warns, in a preview, of live values that `up` would change because the files lack them, such as an image that
 * CI set with `--set`. The engine compares only with what it applied last. An unreachable cluster is left to
 * the drain.
 */
export async function warnOfLostValues(
  { release, services, read }: ReleaseArgs & { readonly read: ReleaseValues },
  address: ClusterAddress,
  resource: pulumi.Resource,
): Promise<void> {
  if (!pulumi.runtime.isDryRun()) return;
  const live = await liveRelease(address, release).catch(() => undefined);
  const found = live ? otherValues(live, inHelmsOrder(read).map(parseValues), services) : [];
  if (found.length === 0) return;
  const text = describeLostValues(release, found, read.ofSite.at(-1)?.file);
  await logFinding(warning("live-values", text), resource);
}

interface LiveRelease {
  /** The values of the last upgrade, by files and by `--set`. */
  readonly config?: unknown;
  readonly chart?: { readonly values?: unknown };
}

async function liveRelease(
  address: ClusterAddress,
  release: string,
): Promise<LiveRelease | undefined> {
  const cluster = await clusterAt(address, 5_000);
  const secrets = await cluster.list("Secret", `owner=helm,name=${release},status=deployed`);
  // Helm packs a revision, and the API encodes it once more.
  const encoded = newestRevision(release, secrets)?.data?.release ?? "";
  const packed = Buffer.from(encoded, "base64").toString();
  if (packed === "") return undefined;
  const text = gunzipSync(Buffer.from(packed, "base64")).toString();
  return JSON.parse(text) as LiveRelease;
}

/**
 * The values that an upgrade would change besides the stack's variables. The live chart's defaults count on both sides,
 * so that a key that only repeats one is not a difference.
 *
 * @param applied the values of the upgrade, in Helm's order
 */
export function otherValues(
  { config, chart }: LiveRelease,
  applied: readonly unknown[],
  ours: readonly ServiceValues[],
): ValueDifference[] {
  const live = mergeValues([chart?.values, config]);
  const wanted = mergeValues([chart?.values, ...applied]);
  const keys = ours.flatMap(({ service, path }) =>
    environmentKeys(service).map((key) => variableKey(`${path}.${key}.`)),
  );
  const isOurs = (path: string) => keys.some((key) => variableKey(`${path}.`).startsWith(key));
  // An empty map or list instead of an absent value changes nothing.
  const isEmpty = (value: unknown) => Object.keys(membersOf(value ?? {}) ?? [value]).length === 0;
  return compareValues(live, wanted, membersOf).filter(
    ({ path, before, after }) => !isOurs(path) && !(isEmpty(before) && isEmpty(after)),
  );
}

// Lists of named members, such as variables, are compared name by name.
function membersOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  if (isMap(value)) return value;
  const isNamed = (one: unknown) => isMap(one) && typeof one.name === "string";
  if (!Array.isArray(value) || !value.every(isNamed)) return undefined;
  const list = value as { readonly name: string }[];
  return Object.fromEntries(list.map((one) => [one.name, JSON.stringify(one)]));
}

/** The warning for a reviewer, without a value that may be secret. */
export function describeLostValues(
  release: string,
  found: readonly ValueDifference[],
  file = "a values file of the release",
): string {
  const keys = found.slice(0, 10).map(({ path, before: live, after: applied }) => {
    const isShown = /(^|\.)(tag|digest|repository|image|replicas|replicaCount)$/.test(path);
    if (isShown) return `  ${path}: ${textOf(live)} is live, ${textOf(applied)} would be applied`;
    return `  ${path}${live === undefined ? ": not live" : applied === undefined ? ": would be lost" : ""}`;
  });
  return [
    `The live release ${release} has other values than \`pulumi up\` would apply:`,
    ...keys,
    ...andMore(found.length - keys.length).map((more) => `  ${more}`),
    "If this change is not about these values, they were set outside the files, for example with " +
      `\`helm upgrade --set\`. Write them into ${file}, or they are lost.`,
  ].join("\n");
}

const textOf = (value: unknown) =>
  value === undefined ? "none" : typeof value === "string" ? value : JSON.stringify(value);
