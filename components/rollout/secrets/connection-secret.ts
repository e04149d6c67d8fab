import * as pulumi from "@pulumi/pulumi";
import { labelValue } from "../../kubernetes";
import { connectionStringSecret, type SecretRef } from "../../kubernetes/program";
import type { HelmRolloutSettings } from "../../settings";
import type { ServicesArgs } from "../target";

/** The label of the Secrets that a stack makes; its value names project and stack. */
const label = "taskrunner.stellaops.io/connection-of";

/**
 * The Secret with the services' connection string, by name and key: one that exists where the
 * settings name it, else one of the stack's.
 *
 * With a new connection string the stack's has a new name, so that the reference in the values
 * changes and the pods roll (decision 12). It outlives the stack, because the services do; `FormerSecrets` takes those away that nothing refers to any more.
 */
export function connectionSecret(
  { settings, appUri }: ServicesArgs<HelmRolloutSettings>,
  options: pulumi.CustomResourceOptions,
): pulumi.Output<SecretRef> {
  const { name, key } = settings.connectionSecret;
  if (name !== undefined) return pulumi.output({ name, key });
  const labels = { [label]: stackName() };
  return connectionStringSecret(
    "taskrunner-mongo",
    { namespace: settings.namespace, key, uri: appUri, labels },
    { ...options, retainOnDelete: true },
  );
}

/** The selector of the Secrets that this stack made. */
export function ownSecrets(): string {
  return `${label}=${stackName()}`;
}

function stackName(): string {
  return labelValue(`${pulumi.getProject()}/${pulumi.getStack()}`);
}
