import type * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { stringify } from "yaml";
import { kubernetesSdk } from "../../kubernetes/program";
import type { ClusterSettingsOf, Direction } from "../../settings";

type Settings = ClusterSettingsOf<"kubernetes">;

/**
 * MongoDB's operator (MCK) as a Helm release, with the site's own values on top of ours. It is not
 * waited for: the step that waits for MongoDB names its pods. It outlives the stack, because MongoDB
 * does (decision 7).
 */
export function operatorRelease(
  settings: Settings,
  { namespace, direction }: { readonly namespace: string; readonly direction: Direction },
  options: pulumi.CustomResourceOptions,
): kubernetes.helm.v3.Release {
  const { release, version, values } = settings.operator;
  const ours = new pulumi.asset.StringAsset(stringify(operatorValues(settings)));
  return new (kubernetesSdk().helm.v3.Release)(
    "operator",
    {
      ...{ name: release, namespace, version, values },
      ...chartOf(settings.operator),
      valueYamlFiles: [ours],
      skipAwait: true,
    },
    {
      ...options,
      retainOnDelete: true,
      // A rollback changes nothing of MongoDB. Pulumi's plugin loads the chart all the same: where
      // its registry does not answer, the one who goes back excludes this resource.
      ...(direction === "back" && {
        ignoreChanges: ["chart", "version", "repositoryOpts", "values", "valueYamlFiles"],
      }),
    },
  );
}

/** The chart: a folder or an archive by its path, else a name in a repository or an OCI registry. */
export function chartOf({ chart, repository }: Settings["operator"]) {
  if (/[/\\]|^\./.test(chart)) return { chart };
  if (repository.startsWith("oci://")) return { chart: `${repository}/${chart}` };
  return { chart, repositoryOpts: { repo: repository } };
}

/**
 * What the settings say of the chart `mongodb-kubernetes`: every image that a `MongoDBCommunity`
 * resource needs comes from the registry of the settings.
 */
export function operatorValues({ registry, imagePullSecret, clusterDomain }: Settings): object {
  const images = { operator: registry, versionUpgradeHook: registry, readinessProbe: registry };
  const pull = imagePullSecret !== undefined && { imagePullSecrets: imagePullSecret };
  return {
    registry: { ...(registry !== undefined && images), ...pull },
    ...(registry !== undefined && {
      community: { mongodb: { repo: registry }, registry: { agent: registry } },
    }),
    ...(clusterDomain !== "cluster.local" && { customEnvVars: `CLUSTER_DOMAIN=${clusterDomain}` }),
  };
}
