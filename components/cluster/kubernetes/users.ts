import type * as pulumi from "@pulumi/pulumi";
import { kubernetesSdk } from "../../kubernetes/program";
import type { ClusterSettingsOf, Direction } from "../../settings";
import { StepResource } from "../../step/program";
import { GeneratedPassword } from "../password";
import type { UserRole } from "./spec";

/** Where the objects are made, and in which direction. */
export interface Place {
  readonly namespace: string;
  readonly direction: Direction;
}

type Users = ClusterSettingsOf<"kubernetes">["users"];

/**
 * The generated passwords of both users, secret, each with the name of the Secret in which the operator reads
 * it: immutable and named by the engine, so that another password changes the reference, which is what the
 * operator looks for.
 */
export function userPasswords(
  users: Users,
  { namespace, direction }: Place,
  { provider, ...options }: pulumi.CustomResourceOptions,
) {
  const isRollback = direction === "back";
  const password = (role: UserRole) => {
    const { name, passwordVersion: version } = users[role];
    const generated = new StepResource(
      GeneratedPassword,
      `${role}-password`,
      { version },
      { ...options, ...(isRollback && { ignoreChanges: ["*"] }) },
    );
    const value = generated.output("password") as pulumi.Output<string>;
    const { metadata } = new (kubernetesSdk().core.v1.Secret)(
      name,
      { metadata: { namespace }, immutable: true, stringData: { password: value } },
      {
        ...options,
        ...(provider && { provider }),
        ...(isRollback && { ignoreChanges: ["data", "stringData"] }),
      },
    );
    return { value, secretName: metadata.name };
  };
  return { migrator: password("migrator"), application: password("application") };
}
