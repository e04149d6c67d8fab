import type { DatabaseRole } from "../../contract";

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
