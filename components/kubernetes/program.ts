import type * as Sdk from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { KubernetesSettings } from "../settings";

/** Pulumi's SDK for Kubernetes, loaded when a stack first creates something there: it has 120 modules. */
export function kubernetesSdk(): typeof Sdk {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would load it always
  return require("@pulumi/kubernetes") as typeof Sdk;
}

/**
 * Arguments of the engine's provider for a cluster. With an identifier that stays, another name or address of
 * the cluster replaces nothing that the stack has there: `services-check` refuses another cluster.
 */
export function providerArgs(api: KubernetesSettings): Sdk.ProviderArgs {
  return { ...api, clusterIdentifier: "of the stack" };
}

/** A namespace. Destroying the stack leaves it, because what works in it stays. */
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

interface ConnectionStringArgs {
  readonly namespace: string;
  readonly key: string;
  /** Secret; absent on a rollback that has none. */
  readonly uri: pulumi.Input<string> | undefined;
  readonly labels?: Readonly<Record<string, string>>;
}

/**
 * A Secret with a connection string, immutable and named by the engine: a new connection string makes
 * a new Secret, so that the references to it change (decision 12).
 */
export function connectionStringSecret(
  name: string,
  { namespace, key, uri, labels }: ConnectionStringArgs,
  options: pulumi.CustomResourceOptions,
): pulumi.Output<SecretRef> {
  const { metadata } = new (kubernetesSdk().core.v1.Secret)(
    name,
    {
      metadata: { namespace, ...(labels && { labels }) },
      immutable: true,
      stringData: uri === undefined ? {} : { [key]: uri },
    },
    // The rollback needs no connection string: what is there stays as it is.
    { ...options, ...(uri === undefined && { ignoreChanges: ["data", "stringData"] }) },
  );
  return metadata.name.apply((name) => ({ name, key }));
}
