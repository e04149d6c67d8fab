import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { ClusterSettingsOf, StorageMode } from "../../settings";
import { GeneratedPassword } from "../password";
import type { UserRole } from "./spec";

/** A user's password, secret, and the name of the Kubernetes Secret that tells the operator. */
export interface UserPassword {
  readonly value: pulumi.Output<string>;
  readonly secretName: pulumi.Output<string>;
}

/**
 * A generated password, and the Secret in which the operator reads it: immutable and named by the
 * engine, so that another password changes the reference, which is what the operator looks for.
 */
export function userPassword(
  role: UserRole,
  users: ClusterSettingsOf<"kubernetes">["users"],
  { namespace, mode }: { readonly namespace: string; readonly mode: StorageMode },
  { provider, ...options }: pulumi.CustomResourceOptions,
): UserPassword {
  const { name, passwordVersion: version } = users[role];
  const { value } = new GeneratedPassword(`${role}-password`, { version }, options);
  const { metadata } = new kubernetes.core.v1.Secret(
    name,
    { metadata: { namespace }, immutable: true, stringData: { password: value } },
    {
      ...options,
      ...(provider && { provider }),
      ...(mode === "filesystem" && { ignoreChanges: ["data", "stringData"] }),
    },
  );
  return { value, secretName: metadata.name };
}
