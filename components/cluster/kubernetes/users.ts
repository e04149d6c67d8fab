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

/** A user's password, secret, and the name of the Kubernetes Secret that tells the operator. */
export interface UserPassword {
  readonly value: pulumi.Output<string>;
  readonly secretName: pulumi.Output<string>;
}

type Users = ClusterSettingsOf<"kubernetes">["users"];

/** The generated passwords of both users. */
export function userPasswords(
  users: Users,
  place: Place,
  options: pulumi.CustomResourceOptions,
): Readonly<Record<UserRole, UserPassword>> {
  const password = (role: UserRole) => userPassword(role, users[role], place, options);
  return { migrator: password("migrator"), application: password("application") };
}

/**
 * A generated password, and the Secret in which the operator reads it: immutable and named by the
 * engine, so that another password changes the reference, which is what the operator looks for.
 */
function userPassword(
  role: UserRole,
  { name, passwordVersion: version }: Users[UserRole],
  { namespace, direction }: Place,
  { provider, ...options }: pulumi.CustomResourceOptions,
): UserPassword {
  const isRollback = direction === "back";
  const generated = new StepResource(
    GeneratedPassword,
    `${role}-password`,
    { version },
    { ...options, ...(isRollback && { ignoreChanges: ["*"] }) },
  );
  const password = generated.output("password") as pulumi.Output<string>;
  const { metadata } = new (kubernetesSdk().core.v1.Secret)(
    name,
    { metadata: { namespace }, immutable: true, stringData: { password } },
    {
      ...options,
      ...(provider && { provider }),
      ...(isRollback && { ignoreChanges: ["data", "stringData"] }),
    },
  );
  return { value: password, secretName: metadata.name };
}
