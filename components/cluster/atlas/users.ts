import * as mongodbatlas from "@pulumi/mongodbatlas";
import type * as pulumi from "@pulumi/pulumi";
import { applicationRole, migratorRole, type DatabaseRole } from "../../contract";
import type { AtlasSettings, Settings } from "../../settings";
import { userDatabase } from "../login";
import { StepResource } from "../../step/program";
import { GeneratedPassword } from "../password";

/** Where the users are and what they may reach. */
interface UsersArgs {
  readonly projectId: pulumi.Input<string>;
  readonly clusterName: pulumi.Input<string>;
  readonly database: string;
  readonly mongo: Pick<Settings["mongo"], "collections">;
}

interface User {
  readonly username: pulumi.Output<string>;
  /** Secret. */
  readonly password: pulumi.Output<string>;
}

/** The two users of the database, and what has to exist before either can log in. */
export interface Users {
  readonly migrator: User;
  readonly application: User;
  readonly resources: readonly pulumi.Resource[];
}

/**
 * The migrator and the application, each with a role of its own that has the least it needs, and only
 * on this cluster.
 *
 * Another `passwordVersion` makes new users beside the old ones, which go last: until the pods have
 * rolled, both can log in.
 */
export function databaseUsers(
  settings: AtlasSettings,
  { database, mongo, ...place }: UsersArgs,
  options: pulumi.CustomResourceOptions,
): Users {
  const names = namesOf(settings);
  const user = (kind: keyof typeof names, role: DatabaseRole) =>
    databaseUser(kind, { ...place, ...names[kind], role }, settings.passwordVersion, options);
  const migrator = user("migrator", migratorRole(database));
  const application = user("application", applicationRole(database, mongo));
  return { migrator, application, resources: [migrator.resource, application.resource] };
}

/** The names of both users and of their roles; in Atlas they are the project's, hence the cluster's in them. */
export function namesOf({ name, passwordVersion }: AtlasSettings) {
  const nameOf = (kind: "migrator" | "application") => {
    const roleName = `${name}-${kind}`;
    return { roleName, username: `${roleName}-${passwordVersion}` };
  };
  return { migrator: nameOf("migrator"), application: nameOf("application") };
}

interface UserArgs extends Pick<UsersArgs, "projectId" | "clusterName"> {
  readonly username: string;
  readonly roleName: string;
  readonly role: DatabaseRole;
}

function databaseUser(
  kind: string,
  { projectId, clusterName, username, roleName, role }: UserArgs,
  version: number,
  options: pulumi.CustomResourceOptions,
): User & { readonly resource: pulumi.Resource } {
  const custom = new mongodbatlas.CustomDbRole(
    kind,
    { projectId, roleName, actions: atlasActions(role) },
    options,
  );
  const generated = new StepResource(GeneratedPassword, `${kind}-password`, { version }, options);
  const password = generated.output("password") as pulumi.Output<string>;
  const resource = new mongodbatlas.DatabaseUser(
    kind,
    {
      projectId,
      username,
      password,
      authDatabaseName: userDatabase,
      roles: [{ roleName: custom.roleName, databaseName: userDatabase }],
      scopes: [{ name: clusterName, type: "CLUSTER" }],
    },
    options,
  );
  return { username: resource.username, password, resource };
}

/** An action of a custom role in Atlas, with where it is allowed. */
interface AtlasAction {
  readonly action: string;
  /** An empty collection's name stands for all of the database. */
  readonly resources: { readonly databaseName: string; readonly collectionName: string }[];
}

/** The privileges of a role as Atlas has them: the other way round, by action. */
export function atlasActions({ privileges }: DatabaseRole): AtlasAction[] {
  const actions = new Set(privileges.flatMap(({ actions }) => actions));
  return [...actions].map((action) => ({
    action: atlasName(action),
    resources: privileges
      .filter(({ actions }) => actions.includes(action))
      .map(({ resource: { db, collection } }) => ({
        databaseName: db,
        collectionName: collection,
      })),
  }));
}

/** Atlas' name of an action: `COLL_MOD` for `collMod`. */
function atlasName(action: string): string {
  return action.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}
