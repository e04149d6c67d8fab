import type * as Sdk from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { KubernetesSettings } from "../settings";

/** Pulumi's SDK for Kubernetes, loaded on demand: it has 120 modules. */
export function kubernetesSdk(): typeof Sdk {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would load it always
  return require("@pulumi/kubernetes") as typeof Sdk;
}

/**
 * Arguments of the engine's provider for a cluster. With a fixed identifier, another name or address of the
 * cluster replaces no resource: `services-check` refuses another cluster.
 */
export function providerArgs(api: KubernetesSettings): Sdk.ProviderArgs {
  return { ...api, clusterIdentifier: "of the stack" };
}

/** A namespace, which stays when the stack is destroyed: the services in it do. */
export function createNamespace(
  resource: string,
  name: string,
  options: pulumi.CustomResourceOptions,
): pulumi.Resource {
  const kept = { ...options, retainOnDelete: true };
  return new (kubernetesSdk().core.v1.Namespace)(resource, { metadata: { name } }, kept);
}

/** A key of a Secret, by the Secret's name. */
export interface SecretRef {
  readonly name: string;
  readonly key: string;
}

/**
 * A Secret with a connection string, immutable and named by the engine: with a new connection string it is
 * another Secret, so that the references to it change.
 *
 * @param uri secret; absent in a rollback that has none
 */
export function connectionStringSecret(
  name: string,
  { namespace, key }: { readonly namespace: string; readonly key: string },
  uri: pulumi.Input<string> | undefined,
  options: pulumi.CustomResourceOptions,
  labels?: Readonly<Record<string, string>>,
): pulumi.Output<SecretRef> {
  const { metadata } = new (kubernetesSdk().core.v1.Secret)(
    name,
    {
      metadata: { namespace, ...(labels && { labels }) },
      immutable: true,
      stringData: uri === undefined ? {} : { [key]: uri },
    },
    // A rollback without a connection string keeps the existing Secret.
    {
      ...options,
      protect: false,
      ...(uri === undefined && { ignoreChanges: ["data", "stringData"] }),
    },
  );
  return metadata.name.apply((name) => ({ name, key }));
}
