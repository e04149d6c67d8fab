import { createHash } from "node:crypto";
import { takenSpecs, type ReplicationSpecs } from "../effective";
import type { PluginProperties } from "../plugin/values";

type Specs = PluginProperties & { readonly nodeCount: number };
type Region = PluginProperties & {
  readonly autoScaling?: Readonly<Partial<Record<"diskGB" | "compute", { enabled?: boolean }>>>;
  readonly electableSpecs: Specs & { readonly instanceSize: string };
  readonly analyticsSpecs?: Specs;
  readonly readOnlySpecs?: Specs;
};

/** A cluster as it was asked for. */
export type PlayedCluster = PluginProperties & {
  readonly name: string;
  readonly replicationSpecs: ReplicationSpecs<Region>;
};

/** An id in Atlas' form, the same each time for one name. */
export function idOf(name: string): string {
  return createHash("sha1").update(name).digest("hex").slice(0, 24);
}

/** A cluster with what Atlas decides if nobody asks for it. */
export function addCluster(cluster: PlayedCluster, groupId: string): PlayedCluster {
  return {
    groupId,
    id: idOf(cluster.name),
    createDate: "2026-01-01T00:00:00Z",
    paused: false,
    backupEnabled: false,
    pitEnabled: false,
    terminationProtectionEnabled: false,
    encryptionAtRestProvider: "NONE",
    versionReleaseSystem: "LTS",
    labels: [],
    tags: [],
    advancedConfiguration: { minimumEnabledTlsProtocol: "TLS1_2", tlsCipherConfigMode: "DEFAULT" },
    mongoDBMajorVersion: "8.0",
    ...cluster,
  };
}

/** What a cluster runs after a change with effective fields. */
export function takenOf(cluster: PlayedCluster, asked: PlayedCluster): PlayedCluster {
  const scalingOf = ({ autoScaling }: Region) => [
    autoScaling?.diskGB?.enabled === true,
    autoScaling?.compute?.enabled === true,
  ];
  const specs = takenSpecs(cluster.replicationSpecs, asked.replicationSpecs, scalingOf);
  return { ...asked, replicationSpecs: specs };
}

/**
 * A cluster as Atlas answers; the answers recorded in the plugin's own tests have this form.
 *
 * @param asked the specification as it was set, beside which the answer has what runs; default: what runs
 */
export function answered(
  cluster: PlayedCluster,
  asked?: PlayedCluster["replicationSpecs"],
): PluginProperties {
  const { name, mongoDBMajorVersion } = cluster;
  const replicationSpecs = cluster.replicationSpecs.map((spec, at) => {
    const regionConfigs = spec.regionConfigs.map((region, index) =>
      regionAnswer(region, asked?.[at]?.regionConfigs[index]),
    );
    const ids = { id: idOf(`${name} ${at}`), zoneId: idOf(`${name} zone`) };
    return { zoneName: "Zone 1", ...ids, ...spec, regionConfigs };
  });
  return { ...cluster, replicationSpecs, mongoDBVersion: `${String(mongoDBMajorVersion)}.4` };
}

/** Atlas fills in all kinds of nodes, also those that there are none of. */
function regionAnswer(region: Region, asked?: Region): PluginProperties {
  const disk = { diskSizeGB: 10, diskIOPS: 3000, ebsVolumeType: "STANDARD" };
  const { instanceSize } = region.electableSpecs;
  const kinds = (["electableSpecs", "analyticsSpecs", "readOnlySpecs"] as const).map(
    (kind) => [kind, { ...disk, instanceSize, nodeCount: 0, ...region[kind] }] as const,
  );
  const effective = kinds.map(([kind, specs]) => {
    return [`effective${kind.replace(/^./, (letter) => letter.toUpperCase())}`, specs] as const;
  });
  return { ...region, ...Object.fromEntries([...effective, ...kinds]), ...asked };
}
