import type * as pulumi from "@pulumi/pulumi";
import { applicationRole, migratorRole, type DatabaseRole } from "../../contract";
import type { AtlasSettings } from "../../settings";
import { userDatabase } from "../login";
import type { ClusterArgs } from "../outputs";
import { childName, StepResource } from "../../step/program";
import { generatedPassword } from "../password";
import { atlasSdk } from "./sdk";

/**
 * The migrator and the services' user, each with a role of least privileges on this cluster. Another
 * `passwordVersion` creates new users and roles and deletes the old ones last, so that both work until the pods
 * have been replaced. It also helps if Atlas already has a user of the name.
 */
export function databaseUsers(
  { cluster: settings, mongo, database = "" }: ClusterArgs<"atlas">,
  projectId: pulumi.Input<string>,
  options: pulumi.CustomResourceOptions,
) {
  const names = namesOf(settings);
  const inputs = { version: settings.passwordVersion };
  const user = (kind: keyof typeof names, role: DatabaseRole) => {
    const username = names[kind];
    const named = { projectId, roleName: username, actions: atlasActions(role) };
    const custom = new (atlasSdk().CustomDbRole)(childName(options.parent, kind), named, options);
    const generated = new StepResource(generatedPassword, `${kind}-password`, inputs, options);
    const password = generated.output("password") as pulumi.Output<string>;
    const resource = new (atlasSdk().DatabaseUser)(
      childName(options.parent, kind),
      {
        projectId,
        username,
        password,
        authDatabaseName: userDatabase,
        roles: [{ roleName: custom.roleName, databaseName: userDatabase }],
        scopes: [{ name: settings.name, type: "CLUSTER" }],
      },
      options,
    );
    return { username: resource.username, password, resource };
  };
  return {
    migrator: user("migrator", migratorRole(database)),
    application: user("application", applicationRole(database, mongo)),
  };
}

/** The names of both users and their roles. Atlas scopes them to the project, so they contain the cluster's name. */
export function namesOf({ name, passwordVersion }: AtlasSettings) {
  return {
    migrator: `${name}-migrator-${passwordVersion}`,
    application: `${name}-application-${passwordVersion}`,
  };
}

/** A role's privileges in Atlas' form: grouped by action. */
export function atlasActions({ privileges }: DatabaseRole) {
  const actions = new Set(privileges.flatMap(({ actions }) => actions));
  return [...actions].map((action) => ({
    // `COLL_MOD` for `collMod`.
    action: action.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase(),
    resources: privileges
      .filter(({ actions }) => actions.includes(action))
      .map(({ resource: { db, collection } }) => ({
        databaseName: db,
        collectionName: collection,
      })),
  }));
}
