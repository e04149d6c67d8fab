import { wantedSchema } from "../contract";
import type { Problem } from "./problems";
import type { Settings } from "./schema";

/** The settings that name something in the database. */
type NameSettings = Pick<
  Settings,
  "mongo" | "validation" | "indexes" | "tenancy" | "migration" | "backfill"
>;

/** No two collections have one name. */
export function collectionRules({ mongo, migration, backfill }: NameSettings): Problem[] {
  return distinct([
    ...Object.entries(mongo.collections).map(
      ([role, name]) => [`mongo.collections.${role}`, name] as const,
    ),
    ["migration.ledger", migration.ledger],
    ...(backfill ? [["backfill.checkpoints", backfill.checkpoints] as const] : []),
  ]);
}

/**
 * No two indexes of a collection have one name: MongoDB would keep the one that is built last. For
 * what builds them: a stack that has it so from before must not be stopped on its way back.
 */
export function indexRules(settings: NameSettings): Problem[] {
  const { mongo, indexes, ...others } = settings;
  const { collections } = mongo;
  const { names: indexNames, approvals } = indexes;
  const wanted = wantedSchema({ ...others, collections, indexNames, approvals });
  // Those with a name of the site's own come last, so that a problem names what a site can change.
  const isOwn = ({ defaultName }: { readonly defaultName: string }) =>
    Number(indexNames[defaultName] !== undefined);
  const inOrder = [...wanted.indexes].sort((one, other) => isOwn(one) - isOwn(other));
  return Object.keys(collections).flatMap((role) =>
    distinct(
      inOrder
        .filter((index) => index.role === role)
        .map(({ defaultName, name }) => [`indexes.names.${defaultName}`, name] as const),
    ),
  );
}

/** The problems of settings, by key, whose name another before them has. */
function distinct(names: readonly (readonly [key: string, name: string])[]): Problem[] {
  return names.flatMap(([key, name], at) => {
    const first = names.findIndex(([, other]) => other === name);
    if (first === at) return [];
    return [
      { key, found: JSON.stringify(name), allowed: `another name than ${names[first]?.[0] ?? ""}` },
    ];
  });
}
