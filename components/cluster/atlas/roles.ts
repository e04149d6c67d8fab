import type * as mongodbatlas from "@pulumi/mongodbatlas";
import type { DatabaseRole } from "../../contract";

type RoleAction = mongodbatlas.types.input.CustomDbRoleAction;

/** The privileges of a role as Atlas has them: the other way round, by action. */
export function atlasActions({ privileges }: DatabaseRole): RoleAction[] {
  const actions = new Set(privileges.flatMap(({ actions }) => actions));
  return [...actions].map((action) => ({
    action: atlasAction(action),
    resources: privileges
      .filter(({ actions }) => actions.includes(action))
      .map(({ resource: { db, collection } }) => ({
        databaseName: db,
        collectionName: collection,
      })),
  }));
}

/** Atlas' name of an action: `COLL_MOD` for `collMod`. */
function atlasAction(action: string): string {
  return action.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}
