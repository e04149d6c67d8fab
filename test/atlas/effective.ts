import { isDeepStrictEqual } from "node:util";
import type { PluginProperties } from "./plugin/values";

type Region = PluginProperties & { readonly electableSpecs: PluginProperties };

/** The specification of a replica set, as the plugin and the Admin API have it. */
export type ReplicationSpecs<Of extends Region = Region> = readonly (PluginProperties & {
  readonly regionConfigs: readonly Of[];
})[];

/**
 * What Atlas runs after a change with effective fields. While it scales size or disk, it ignores another size, unless
 * the change turns scaling on or off (Atlas' OpenAPI document on `Use-Effective-Instance-Fields`).
 *
 * @param scalingOf what Atlas scales in a region: disk and size
 */
export function takenSpecs<Of extends Region>(
  live: ReplicationSpecs<Of>,
  asked: ReplicationSpecs<Of>,
  scalingOf: (region: Of) => readonly boolean[],
): ReplicationSpecs<Of> {
  const scaling = (specs: ReplicationSpecs<Of>) =>
    specs.flatMap(({ regionConfigs }) => regionConfigs.map(scalingOf));
  const before = scaling(live);
  if (!before.flat().includes(true) || !isDeepStrictEqual(before, scaling(asked))) return asked;
  return asked.map((spec, at) => ({
    ...spec,
    regionConfigs: spec.regionConfigs.map((region, index) => {
      const { electableSpecs = region.electableSpecs } = live[at]?.regionConfigs[index] ?? {};
      const { instanceSize } = electableSpecs;
      return { ...region, electableSpecs: { ...region.electableSpecs, instanceSize } };
    }),
  }));
}
