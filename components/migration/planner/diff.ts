import {
  describeKey,
  type WantedCollection,
  type WantedIndex,
  type WantedSchema,
} from "../../contract";
import { MigrationConflict } from "../errors";
import { sameValue } from "./canonical";
import type { Change, ChangeOf } from "./change";
import { bridgeName, sameExceptUnique, sameSignature } from "./index-spec";
import { noExpiry, type Observed, type ObservedCollection, type ObservedIndex } from "./observe";

/**
 * The changes from `observed` to `wanted`: collections in their order, then indexes in theirs. Pure.
 *
 * @throws MigrationConflict if a view or a time series has a wanted collection's name
 */
export function diff(wanted: WantedSchema, observed: Observed): Change[] {
  return [
    ...wanted.collections.flatMap((collection) =>
      diffCollection(collection, observed.get(collection.name)),
    ),
    ...wanted.indexes.flatMap((index) =>
      diffIndex(index, observed.get(index.collection)?.indexes ?? []),
    ),
  ];
}

/** Collections and indexes outside the schema: listed in a plan, never changed. */
export function foreign(wanted: WantedSchema, observed: Observed): ChangeOf<"leave alone">[] {
  return [...observed.values()].flatMap((found): ChangeOf<"leave alone">[] => {
    if (!wanted.collections.some(({ name }) => name === found.name)) {
      return [
        { kind: "leave alone", collection: found.name, reason: "not a collection of this schema" },
      ];
    }
    const ours = wanted.indexes.filter(({ collection }) => collection === found.name);
    return found.indexes
      .filter((index) => !ours.some((mine) => isOurs(index, mine)))
      .map((index) => ({
        kind: "leave alone",
        collection: found.name,
        index: index.name,
        reason: "not an index of this schema",
      }));
  });
}

function isOurs(found: ObservedIndex, wanted: WantedIndex): boolean {
  return (
    found.name === wanted.name || found.name === bridgeName(wanted) || sameSignature(found, wanted)
  );
}

function diffCollection(wanted: WantedCollection, found?: ObservedCollection): Change[] {
  if (!found) return [{ kind: "create collection", wanted, reason: "it does not exist" }];
  if (found.type !== "collection") throw new MigrationConflict(wanted.name, found.type);
  const reason = validatorDifference(wanted, found);
  return reason === undefined ? [] : [{ kind: "modify validator", wanted, found, reason }];
}

function validatorDifference(
  wanted: WantedCollection,
  found: ObservedCollection,
): string | undefined {
  if (!sameValue(wanted.validator, found.validator)) return "its validator differs";
  if (Object.keys(wanted.validator).length === 0) return undefined;
  if (wanted.validationLevel !== found.validationLevel) {
    return `its validation level is ${found.validationLevel}, not ${wanted.validationLevel}`;
  }
  if (wanted.validationAction !== found.validationAction) {
    return `its validation action is ${found.validationAction}, not ${wanted.validationAction}`;
  }
  return undefined;
}

function diffIndex(wanted: WantedIndex, indexes: readonly ObservedIndex[]): Change[] {
  const unbuilt = indexes.find((index) => index.isBuilding && isOurs(index, wanted));
  if (unbuilt) return [awaitIndex(wanted, unbuilt)];
  const named = indexes.find(({ name }) => name === wanted.name);
  const bridge = indexes.find(({ name }) => name === bridgeName(wanted));
  const equal = [named, ...indexes].find(
    (index) => index && index !== bridge && sameSignature(index, wanted),
  );
  const dropBridge = (final: ObservedIndex): Change[] => {
    const reason = "an earlier replacement left its bridge behind";
    return bridge ? [{ kind: "replace index", wanted, old: undefined, bridge, final, reason }] : [];
  };
  if (equal) return [...diffFound(wanted, equal), ...dropBridge(equal)];
  if (named && wanted.unique && sameExceptUnique(named, wanted)) {
    const reason = "it is not unique yet";
    // The drop of the bridge requires the index in the form that it has after this change.
    const unique = { ...named, unique: true };
    return [
      { kind: "modify index", wanted, found: named, set: "unique", reason },
      ...dropBridge(unique),
    ];
  }
  if (named || bridge) return [replacement(wanted, named, bridge)];
  return [{ kind: "create index", wanted, reason: "it does not exist" }];
}

/** Until an index is built, MongoDB cannot find it by name, so no other change is planned for it. */
function awaitIndex(wanted: WantedIndex, found: ObservedIndex): Change {
  const reason =
    "it is still being built (if it waits for a member that is down: setIndexCommitQuorum)";
  return { kind: "await index", wanted, found, reason };
}

function diffFound(wanted: WantedIndex, found: ObservedIndex): Change[] {
  const changes: Change[] = [];
  if (found.name !== wanted.name) {
    const reason = `it exists already under the name ${found.name}`;
    changes.push({ kind: "adopt index", wanted, found, reason });
  }
  if (found.hidden) {
    const reason = "it is hidden from queries";
    changes.push({ kind: "modify index", wanted, found, set: "hidden", reason });
  }
  if (found.prepareUnique && !found.unique) {
    const reason = "an earlier change to unique was left unfinished";
    changes.push({ kind: "modify index", wanted, found, set: "prepareUnique", reason });
  }
  return changes;
}

function replacement(
  wanted: WantedIndex,
  old: ObservedIndex | undefined,
  bridge: ObservedIndex | undefined,
): Change {
  const reason = old
    ? `an index of this name exists, but ${describeIndexDifference(old, wanted)}`
    : "an earlier replacement was interrupted";
  return { kind: "replace index", wanted, old, bridge, final: undefined, reason };
}

function describeIndexDifference(old: ObservedIndex, wanted: WantedIndex): string {
  if (JSON.stringify(old.key) !== JSON.stringify(wanted.key)) {
    return `its key is ${describeKey(old.key)}, not ${describeKey(wanted.key)}`;
  }
  if (old.unique !== wanted.unique) return `it is ${old.unique ? "" : "not "}unique`;
  if (old.sparse !== wanted.sparse) return `it is ${old.sparse ? "" : "not "}sparse`;
  return old.partialFilterExpression ? "it has a partial filter" : "it has a collation";
}

/** A day in seconds. */
export const day = 86_400;

/**
 * The changes that make entries expire after `days` days, or never if it is 0. The index is found by its key,
 * whatever its name, and changed in place.
 */
export function diffExpiry(collection: string, days: number, observed: Observed): Change[] {
  const wanted = expiryIndex(collection);
  const found = expiryOf(collection, observed);
  if (found?.isBuilding) return [awaitIndex(wanted, found)];
  const seconds = days === 0 ? undefined : days * day;
  if (!found || found.expireAfterSeconds === seconds) return [];
  const set = { expireAfterSeconds: seconds ?? noExpiry };
  const reason = `log entries expire ${describeExpiry(found.expireAfterSeconds)}, not ${describeExpiry(seconds)}`;
  return [{ kind: "modify index", wanted, found, set, reason }];
}

/** The observed index that can have the expiry, set or not. */
export function expiryOf(collection: string, observed: Observed): ObservedIndex | undefined {
  const wanted = expiryIndex(collection);
  return observed.get(collection)?.indexes.find((index) => sameSignature(index, wanted));
}

/** The index of the expiry (specification, `pack_run_logs`, index 3). */
export function expiryIndex(collection: string): WantedIndex {
  return { collection, name: "timestamp", key: { timestamp: 1 }, unique: false, sparse: false };
}

function describeExpiry(seconds: number | undefined): string {
  if (seconds === undefined) return "never";
  return seconds % day === 0 ? `after ${seconds / day} days` : `after ${seconds} s`;
}
