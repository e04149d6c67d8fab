import * as pulumi from "@pulumi/pulumi";
import { labelValue } from "../../kubernetes";
import { connectionStringSecret, type SecretRef } from "../../kubernetes/program";
import type { HelmRolloutSettings } from "../../settings";
import { childName, ownerOf, ProgramError } from "../../step/program";

/** The label of the stack's own Secrets. */
const label = "taskrunner.stellaops.io/connection-of";

/**
 * The Secret with the services' connection string: the one that the settings name, or one that the stack creates. A new
 * connection string gives the stack's Secret a new name, so that the pods roll. It outlives the stack, because the
 * services do. So do former Secrets, which you find by their label.
 */
export function connectionSecret(
  { namespace, connectionSecret: { name, key } }: HelmRolloutSettings,
  uri: pulumi.Input<string> | undefined,
  options: pulumi.CustomResourceOptions,
): pulumi.Output<SecretRef> {
  if (name !== undefined) return pulumi.output({ name, key });
  const called = childName(options.parent, "mongo-connection");
  const kept = { ...options, retainOnDelete: true };
  const labels = { [label]: labelValue(ownerOf(options.parent)) };
  const secret = connectionStringSecret(called, { namespace, key }, uri, kept, labels);
  return secret.apply((ref) => {
    // The engine adds a hash to the name, unless pulumi:autonaming says otherwise.
    if (!ref.name.endsWith(called)) return ref;
    throw new ProgramError(
      `pulumi:autonaming names each Secret of the connection string ${ref.name}, so a new one would reach no pod. ` +
        'Set providers.kubernetes.resources."kubernetes:core/v1:Secret".mode: default in it, or name a Secret of ' +
        "yours in rollout.connectionSecret.name.",
      options.parent,
    );
  });
}
