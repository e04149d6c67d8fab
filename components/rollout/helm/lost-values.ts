import { isDeepStrictEqual } from "node:util";
import { gunzipSync } from "node:zlib";
import * as pulumi from "@pulumi/pulumi";
import { andMore, warning } from "../../text";
import { logFinding } from "../../step/program";
import { clusterAt, type ClusterAddress } from "../../kubernetes";
import { environmentKeys } from "../environment";
import { newestRevision } from "./releases";
import type { ServiceValues, ReleaseArgs } from "../placement";
import {
  inHelmsOrder,
  isMap,
  mergeValues,
  parseValues,
  variableKey,
  type ReleaseValues,
} from "../values/files";

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

/** A key, with dots in it, whose value an upgrade would change; undefined on the side that lacks it. */
interface OtherValue {
  readonly path: string;
  readonly live: unknown;
  readonly applied: unknown;
}

/**
 * What an upgrade would change besides our own variables. The live chart's defaults count on both sides, so that
 * a key that only repeats one is no difference.
 *
 * @param applied the values of the upgrade, in Helm's order
 */
export function otherValues(
  { config, chart }: LiveRelease,
  applied: readonly unknown[],
  ours: readonly ServiceValues[],
): OtherValue[] {
  const live = mergeValues([chart?.values, config]);
  const wanted = mergeValues([chart?.values, ...applied]);
  const keys = ours.flatMap(({ service, path }) =>
    environmentKeys(service).map((key) => variableKey(`${path}.${key}.`)),
  );
  const isOurs = (path: string) => keys.some((key) => variableKey(`${path}.`).startsWith(key));
  return compareValues(live, wanted, "").filter(({ path }) => !isOurs(path));
}

function byName(value: unknown): unknown {
  const isNamed = (one: unknown) => isMap(one) && typeof one.name === "string";
  if (!Array.isArray(value) || !value.every(isNamed)) return value;
  const list = value as { readonly name: string }[];
  return Object.fromEntries(list.map((one) => [one.name, JSON.stringify(one)]));
}

function compareValues(ofLive: unknown, ofApplied: unknown, path: string): OtherValue[] {
  const live = byName(ofLive);
  const applied = byName(ofApplied);
  if (isDeepStrictEqual(live, applied)) return [];
  const sides = [live, applied].filter((side) => side !== undefined);
  if (!sides.every(isMap)) return [{ path, live, applied }];
  const keys = new Set(sides.flatMap((side) => Object.keys(side)));
  const [left, right] = [live, applied].map((side) => (isMap(side) ? side : {}));
  return [...keys].flatMap((key) =>
    compareValues(left?.[key], right?.[key], path === "" ? key : `${path}.${key}`),
  );
}

/** The warning for a reviewer, without a value that may be secret. */
export function describeLostValues(
  release: string,
  found: readonly OtherValue[],
  file = "a values file of the release",
): string {
  const keys = found.slice(0, 10).map(({ path, live, applied }) => {
    const isShown = /(^|\.)(tag|digest|repository|image|replicas|replicaCount)$/.test(path);
    if (isShown) return `  ${path}: ${textOf(live)} is live, ${textOf(applied)} would be applied`;
    return `  ${path}${live === undefined ? ": not live" : applied === undefined ? ": would be lost" : ""}`;
  });
  return [
    `The live release ${release} has other values than \`pulumi up\` would apply:`,
    ...keys,
    ...andMore(found.length - keys.length).map((more) => `  ${more}`),
    "If this change is not about these values, somebody set them outside the files, for example with " +
      `\`helm upgrade --set\`. Write them into ${file}, or they are lost.`,
  ].join("\n");
}

const textOf = (value: unknown) =>
  value === undefined ? "none" : typeof value === "string" ? value : JSON.stringify(value);
