import type { Document } from "mongodb";
import type { WantedCollection } from "../../contract";
import { migrationId } from "../../ledger";
import type { Change, ChangeOf, Command } from "./change";
import { bridgeName, bridgeSpec, indexSpec, sameSpec } from "./index-spec";
import { noExpiry } from "./observe";

/** The server commands of a change, in order. */
export function toCommands(change: Change): Command[] {
  switch (change.kind) {
    case "create collection": {
      const { wanted, reason } = change;
      const rules = Object.keys(wanted.validator).length > 0 && optionsOf(wanted);
      return [harmless({ create: wanted.name, ...rules }, reason)];
    }
    case "modify validator":
      return [
        harmless({ collMod: change.wanted.name, ...optionsOf(change.wanted) }, change.reason),
      ];
    case "create index":
      return [createIndexes(change.wanted.collection, indexSpec(change.wanted), change.reason)];
    case "modify index":
      return modifyIndex(change);
    case "replace index":
      return replaceIndex(change);
    case "record ledger":
      return [recordLedger(change)];
    case "await index":
    case "adopt index":
    case "leave alone":
      return [];
  }
}

/** Only for the script. `apply` instead claims the record first and completes it last. */
function recordLedger({ ledger, checksum, reason }: ChangeOf<"record ledger">): Command {
  const made = { _id: migrationId, checksum, startedAt: "$$NOW", finishedAt: "$$NOW" };
  const kept = { stack: "mongosh", toolVersion: "script", commands: [] };
  const u = [{ $replaceWith: { $mergeObjects: [kept, "$$ROOT", made] } }];
  const command = { update: ledger, updates: [{ q: { _id: migrationId }, u, upsert: true }] };
  return harmless(command, reason);
}

function optionsOf({ validator, validationLevel, validationAction }: WantedCollection): Document {
  return { validator, validationLevel, validationAction };
}

function modifyIndex({ wanted, found, set, reason }: ChangeOf<"modify index">): Command[] {
  const collMod = (options: Document): Command => {
    const index = { name: found.name, ...options };
    return harmless({ collMod: wanted.collection, index }, reason);
  };
  const unprepared = collMod({ prepareUnique: false });
  switch (set) {
    case "hidden":
      return [collMod({ hidden: false })];
    case "prepareUnique":
      return [unprepared];
    case "unique": {
      const unique = collMod({ unique: true });
      return [
        { ...collMod({ prepareUnique: true }), onFailure: unprepared.command },
        { ...unique, command: { ...unique.command, dryRun: true } },
        { ...unique, blocksWrites: true },
      ];
    }
    default:
      return [{ ...collMod(set), loses: set.expireAfterSeconds !== noExpiry }];
  }
}

// An index always serves the collection: the bridge is built before the old one is dropped. Each drop requires the
// index that the plan saw, and its replacement.
function replaceIndex({
  wanted,
  old,
  bridge,
  final,
  reason,
}: ChangeOf<"replace index">): Command[] {
  const { collection } = wanted;
  const standIn = bridgeSpec(wanted);
  const replacement = indexSpec(final ?? wanted);
  const formerBridge = bridge && indexSpec(bridge);
  const isUsable = formerBridge !== undefined && sameSpec(formerBridge, standIn);
  const currentBridge = formerBridge && final ? formerBridge : standIn;
  const commands: (Command | undefined | false)[] = [
    formerBridge &&
      !isUsable &&
      !final && {
        ...dropIndex(collection, bridgeName(wanted), "a bridge of another index"),
        requires: [formerBridge],
      },
    !isUsable && !final && createIndexes(collection, standIn, `a bridge, because ${reason}`),
    old && {
      ...dropIndex(collection, old.name, "the bridge has taken its place"),
      loses: true,
      requires: [indexSpec(old), standIn],
    },
    !final && createIndexes(collection, replacement, reason),
    {
      ...dropIndex(collection, bridgeName(wanted), "the new index has taken its place"),
      requires: [currentBridge, replacement],
    },
  ];
  return commands.filter((command) => command !== undefined && command !== false);
}

function createIndexes(collection: string, spec: Document, reason: string): Command {
  return harmless({ createIndexes: collection, indexes: [spec] }, reason);
}

function dropIndex(collection: string, index: string, reason: string): Command {
  return harmless({ dropIndexes: collection, index }, reason);
}

/** A command that blocks no writer and removes nothing. */
function harmless(command: Document, reason: string): Command {
  return { command, reason, blocksWrites: false, loses: false };
}
