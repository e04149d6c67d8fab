import type * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { stringify } from "yaml";
import { kubernetesSdk } from "../../kubernetes/program";
import type { ClusterSettingsOf, Direction } from "../../settings";
import { childName } from "../../step/program";

type Settings = ClusterSettingsOf<"kubernetes">;

/**
 * MongoDB's operator (MCK) as a Helm release, with the site's values on top. Pulumi does not wait for the release,
 * because the step that waits for MongoDB also reports the operator's pods. It outlives the stack, as MongoDB does.
 */
export function operatorRelease(
  settings: Settings,
  { namespace, direction }: { readonly namespace: string; readonly direction: Direction },
  options: pulumi.CustomResourceOptions,
): kubernetes.helm.v3.Release {
  const { release, version, values } = settings.operator;
  const ours = new pulumi.asset.StringAsset(stringify(operatorValues(settings)));
  return new (kubernetesSdk().helm.v3.Release)(
    childName(options.parent, "operator"),
    {
      name: release,
      namespace,
      version,
      values,
      ...chartOf(settings.operator),
      valueYamlFiles: [ours],
      skipAwait: true,
    },
    {
      ...options,
      retainOnDelete: true,
      // A rollback changes nothing here, but Pulumi's plugin still loads the chart. If its registry is down,
      // exclude this resource.
      ...(direction === "back" && {
        ignoreChanges: ["chart", "version", "repositoryOpts", "values", "valueYamlFiles"],
      }),
    },
  );
}

/** The chart: a path, a name in a repository, or an OCI address. */
export function chartOf({ chart, repository }: Settings["operator"]) {
  if (/[/\\]|^\./.test(chart)) return { chart };
  if (repository.startsWith("oci://")) return { chart: `${repository}/${chart}` };
  return { chart, repositoryOpts: { repo: repository } };
}

/** The values of the chart `mongodb-kubernetes`: every image comes from the configured registry. */
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
