import type { Document } from "mongodb";
import { migrationId } from "../../ledger";
import type {
  Change,
  Command,
  CreateCollection,
  ModifyIndex,
  ModifyValidator,
  RecordLedger,
  ReplaceIndex,
} from "./change";
import { sameValue } from "./canonical";
import { noExpiry } from "./observed";
import { bridgeName, bridgeSpec, indexSpec, observedSpec } from "./index-spec";

/** The server commands that close a change, in order; none where nothing has to be done. */
export function toCommands(change: Change): Command[] {
  switch (change.kind) {
    case "create collection":
      return createCollection(change);
    case "modify validator":
      return modifyValidator(change);
    case "create index":
      return [createIndexes(change.wanted.collection, indexSpec(change.wanted), change.reason)];
    case "modify index":
      return modifyIndex(change);
    case "replace index":
      return replaceIndex(change);
    case "record ledger":
      return [recordLedger(change)];
    case "adopt index":
    case "leave alone":
      return [];
  }
}

/** The record in one command, as the script makes it; the engine claims it first and completes it last. */
function recordLedger({ ledger, checksum, reason }: RecordLedger): Command {
  const made = { _id: migrationId, checksum, startedAt: "$$NOW", finishedAt: "$$NOW" };
  const kept = { stack: "mongosh", who: "mongosh", toolVersion: "script", commands: [] };
  const u = [{ $replaceWith: { $mergeObjects: [kept, "$$ROOT", made] } }];
  const command = { update: ledger, updates: [{ q: { _id: migrationId }, u, upsert: true }] };
  return { command, reason, blocksWrites: false, loses: false };
}

function createCollection({ wanted, reason }: CreateCollection): Command[] {
  const command = { create: wanted.name, ...validation(wanted) };
  return [{ command, reason, blocksWrites: false, loses: false }];
}

function modifyValidator({ wanted, reason }: ModifyValidator): Command[] {
  return [validatorCommand(wanted.name, wanted, reason)];
}

interface ValidationState {
  readonly validator: Document;
  readonly validationLevel: string;
  readonly validationAction: string;
}

function validatorCommand(name: string, state: ValidationState, reason: string): Command {
  const { validator, validationLevel, validationAction } = state;
  const command = { collMod: name, validator, validationLevel, validationAction };
  return { command, reason, blocksWrites: false, loses: false };
}

function validation({ validator, validationLevel, validationAction }: ValidationState): Document {
  if (Object.keys(validator).length === 0) return {};
  return { validator, validationLevel, validationAction };
}

function modifyIndex({ wanted, found, set, reason }: ModifyIndex): Command[] {
  const collMod = (options: Document) => ({
    collMod: wanted.collection,
    index: { name: found.name, ...options },
  });
  const plain = { reason, blocksWrites: false, loses: false };
  const unprepared = collMod({ prepareUnique: false });
  switch (set) {
    case "hidden":
      return [{ ...plain, command: collMod({ hidden: false }) }];
    case "prepareUnique":
      return [{ ...plain, command: unprepared }];
    case "unique":
      return [
        { ...plain, command: collMod({ prepareUnique: true }), onFailure: unprepared },
        { ...plain, command: { ...collMod({ unique: true }), dryRun: true } },
        { ...plain, command: collMod({ unique: true }), blocksWrites: true },
      ];
    default:
      return [{ ...plain, command: collMod(set), loses: set.expireAfterSeconds !== noExpiry }];
  }
}

/** Never a moment without an index: the bridge comes before the old one goes. */
function replaceIndex({ wanted, old, bridge, final, reason }: ReplaceIndex): Command[] {
  const { collection } = wanted;
  const usable = bridge && sameValue(observedSpec(bridge), bridgeSpec(wanted));
  const commands: (Command | undefined | false)[] = [
    bridge && !usable && !final && dropIndex(collection, bridge.name, "a bridge of another index"),
    !usable &&
      !final &&
      createIndexes(collection, bridgeSpec(wanted), `a bridge, because ${reason}`),
    old && { ...dropIndex(collection, old.name, "the bridge has taken its place"), loses: true },
    !final && createIndexes(collection, indexSpec(wanted), reason),
    dropIndex(collection, bridgeName(wanted), "the new index has taken its place"),
  ];
  return commands.filter((command) => command !== undefined && command !== false);
}

function createIndexes(collection: string, spec: Document, reason: string): Command {
  const command = { createIndexes: collection, indexes: [spec] };
  return { command, reason, blocksWrites: false, loses: false };
}

function dropIndex(collection: string, index: string, reason: string): Command {
  return { command: { dropIndexes: collection, index }, reason, blocksWrites: false, loses: false };
}
