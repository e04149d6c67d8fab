import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { HelmRolloutSettings } from "../../settings";
import type { ConnectionSecretRef, ServicesArgs } from "../target";

/** The label of the Secrets that a stack makes; its value names project and stack. */
const label = "taskrunner.stellaops.io/connection-of";

/**
 * The Secret with the services' connection string, by name and key: one that exists where the
 * settings name it, else one of the stack's.
 *
 * The stack's is immutable and named by the engine: a new connection string makes a new Secret, so
 * that the reference in the values changes and the pods roll (decision 12). It outlives the stack,
 * because the services do; `FormerSecrets` takes those away that nothing refers to any more.
 */
export function connectionSecret(
  { settings, appUri }: ServicesArgs<HelmRolloutSettings>,
  options: pulumi.CustomResourceOptions,
): pulumi.Output<ConnectionSecretRef> {
  const { name, key } = settings.connectionSecret;
  if (name !== undefined) return pulumi.output({ name, key });
  const secret = new kubernetes.core.v1.Secret(
    "taskrunner-mongo",
    {
      metadata: { namespace: settings.namespace, labels: { [label]: stackName() } },
      immutable: true,
      stringData: appUri === undefined ? {} : { [key]: appUri },
    },
    {
      ...options,
      retainOnDelete: true,
      // The way back needs no connection string: what is there stays as it is.
      ...(appUri === undefined && { ignoreChanges: ["data", "stringData"] }),
    },
  );
  return secret.metadata.name.apply((name) => ({ name, key }));
}

/** The selector of the Secrets that this stack made. */
export function ownSecrets(): string {
  return `${label}=${stackName()}`;
}

/** As the value of a label: 63 characters of letters, digits and `-_.`, none of these at an end. */
function stackName(): string {
  const name = `${pulumi.getProject()}.${pulumi.getStack()}`.replace(/[^\w.-]/g, "-");
  return name.slice(-63).replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, "");
}
