import type { Db } from "mongodb";
import { collections, wantedSchema } from "../components/contract";
import { settingsSchema } from "../components/settings";

const { mongo, validation, tenancy, advanced } = settingsSchema
  .pick({ mongo: true, validation: true, tenancy: true, advanced: true })
  .parse({});
const { layout, checkpoints, indexNames } = advanced;

/** The names in the database, by the document's defaults. */
export const names = { collections: mongo.collections, checkpoints };

/** A state root under the default layout. */
export function source(root: string) {
  return { root, layout, approvals: false };
}

/**
 * Makes the log's collection with its indexes. It has no validator, because mongoimport leaves the
 * dates texts, which the validator refuses.
 */
export async function logsWithIndexes(db: Db): Promise<void> {
  const { collections: byRole } = mongo;
  const wanted = wantedSchema({
    collections: byRole,
    validation,
    indexNames,
    approvals: false,
    tenancy,
  });
  await db.createCollection(collections.logs.name);
  for (const { collection, key, name, unique } of wanted.indexes) {
    if (collection !== byRole.logs) continue;
    const index = { key: Object.fromEntries(key), name, unique };
    await db.command({ createIndexes: collection, indexes: [index] });
  }
}
