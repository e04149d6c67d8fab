import type { WantedIndex, WantedSchema } from "../../components/contract";
import type { Change } from "../../components/migration/planner/change";
import { toCommands } from "../../components/migration/planner/commands";
import { diff } from "../../components/migration/planner/diff";
import type { Observed, ObservedIndex } from "../../components/migration/planner/observe";

/** A unique index of the contract. */
export const runSequence: WantedIndex = {
  collection: "pack_run_logs",
  name: "pack_run_logs_run_sequence",
  key: { runId: 1, sequence: 1 },
  unique: true,
  sparse: false,
};

/** An index of the contract that is not unique. */
export const byAge: WantedIndex = {
  collection: "pack_runs",
  name: "pack_runs_updatedAt_desc",
  key: { updatedAt: -1 },
  unique: false,
  sparse: false,
};

/** What has to change so that an index is as it should be, if its collection has these. */
export function diffIndexes(index: WantedIndex, ...indexes: ObservedIndex[]): Change[] {
  const schema: WantedSchema = { collections: [], indexes: [index] };
  return diff(schema, databaseWith({ [index.collection]: indexes }));
}

/** The server commands for that. */
export const commandsOf = (index: WantedIndex, ...indexes: ObservedIndex[]) =>
  diffIndexes(index, ...indexes)
    .flatMap(toCommands)
    .map(({ command }) => command);

/** A database with these indexes by collection, without validators. */
export function databaseWith(collections: Record<string, ObservedIndex[]>): Observed {
  const validation = { validator: {}, validationLevel: "strict", validationAction: "error" };
  return new Map(
    Object.entries(collections).map(([name, indexes]) => [
      name,
      { name, type: "collection", indexes, ...validation },
    ]),
  );
}

/** An index as MongoDB lists it, if nothing but these differ. */
export function observed(
  index: WantedIndex,
  otherwise: Partial<ObservedIndex> = {},
): ObservedIndex {
  const { name, key, unique, sparse } = index;
  return {
    name,
    key,
    unique,
    sparse,
    hidden: false,
    prepareUnique: false,
    isBuilding: false,
    expireAfterSeconds: undefined,
    partialFilterExpression: undefined,
    collation: undefined,
    ...otherwise,
  };
}
