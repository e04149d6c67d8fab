import { isDeepStrictEqual } from "node:util";
import { gunzipSync } from "node:zlib";
import type { V1Secret } from "@kubernetes/client-node";
import { lookBriefly, type ClusterAddress } from "../../kubernetes";
import { isMap } from "./files";

/** A revision of a release as Helm keeps it. */
export interface LiveRelease {
  /** What whoever upgraded last gave it, by files and by `--set`. */
  readonly config?: unknown;
  readonly chart?: { readonly values?: unknown };
}

/**
 * The newest deployed revision of a release, where Helm keeps it by default; undefined if there is none,
 * or if the cluster is unreachable or refuses.
 */
export async function liveRelease(
  address: ClusterAddress,
  release: string,
): Promise<LiveRelease | undefined> {
  return lookBriefly(address, async (cluster) => {
    const secrets = await cluster.secrets(`owner=helm,name=${release},status=deployed`);
    const version = ({ metadata }: V1Secret) => Number(metadata?.labels?.version);
    const newest = secrets.toSorted((a, b) => version(b) - version(a))[0];
    return newest && decodeRelease(newest);
  });
}

/** Helm packs a revision, and the API encodes it once more. */
function decodeRelease({ data }: V1Secret): LiveRelease | undefined {
  const packed = Buffer.from(data?.release ?? "", "base64").toString();
  if (packed === "") return undefined;
  const text = gunzipSync(Buffer.from(packed, "base64")).toString();
  return JSON.parse(text) as LiveRelease;
}

/** A key whose value is another one than it would be; undefined where it is not there. */
export interface OtherValue {
  /** With dots between keys. */
  readonly path: string;
  readonly live: unknown;
  readonly applied: unknown;
}

/**
 * What an upgrade would change besides our own keys. Defaults of the chart count on both sides, so that a
 * key which only repeats one is no difference.
 *
 * @param applied the values that the upgrade gives, as maps in Helm's order: of the chart, then the site's
 * @param ours the keys that lead to what this stack sets, with dots between them
 */
export function otherValues(
  { config, chart }: LiveRelease,
  applied: { readonly defaults?: unknown; readonly ofSite: readonly unknown[] },
  ours: readonly string[],
): OtherValue[] {
  const live = mergeValues([chart?.values, config]);
  // A chart that cannot be read here is taken for the one that is live.
  const wanted = mergeValues([applied.defaults ?? chart?.values, ...applied.ofSite]);
  const isOurs = (path: string) => ours.some((key) => path === key || path.startsWith(`${key}.`));
  return compareValues(live, wanted, "").filter(({ path }) => !isOurs(path));
}

/** As Helm merges values: maps member by member, all else as a whole; null takes a key away. */
function mergeValues(all: readonly unknown[]): unknown {
  return all.reduce((below, above) => (above === undefined ? below : mergeTwo(below, above)), {});
}

function mergeTwo(below: unknown, above: unknown): unknown {
  if (!isMap(above)) return above;
  const under = isMap(below) ? below : {};
  const members = Object.entries(above)
    .filter(([, value]) => value !== null)
    .map(([key, value]) => [key, mergeTwo(under[key], value)] as const);
  const kept = Object.entries(under).filter(([key]) => !(key in above));
  return Object.fromEntries([...kept, ...members]);
}

function compareValues(live: unknown, applied: unknown, path: string): OtherValue[] {
  if (isDeepStrictEqual(live, applied)) return [];
  const sides = [live, applied].filter((side) => side !== undefined);
  if (!sides.every(isMap)) return [{ path, live, applied }];
  const keys = new Set(sides.flatMap((side) => Object.keys(side)));
  const [left, right] = [live, applied].map((side) => (isMap(side) ? side : {}));
  return [...keys].flatMap((key) =>
    compareValues(left?.[key], right?.[key], path === "" ? key : `${path}.${key}`),
  );
}
