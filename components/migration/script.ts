import { collections, buildSchema, type ContractSchema, type SchemaOptions } from "../contract";
import { migrationId } from "../ledger";
import type { Change } from "./planner/change";
import { checksumOf } from "./planner/canonical";
import { toCommands } from "./planner/commands";
import { diff } from "./planner/diff";

/**
 * The migration as a mongosh script, for a site without Pulumi: the plan for an empty database, with the
 * specification's notes. Idempotent; an existing collection gets the validator.
 */
export function mongoshScript(options: SchemaOptions, database: string, ledger: string): string {
  const wanted = buildSchema(options);
  const checksum = checksumOf(wanted);
  const reason = "last, when everything is there";
  const changes: Change[] = [
    ...diff(wanted, new Map()),
    { kind: "record ledger", ledger, checksum, reason },
  ];
  const commands = changes.flatMap((change) =>
    toCommands(change).map(({ command }) => {
      const call = `${"create" in command ? "create" : "run"}(${JSON.stringify(command, undefined, 2)});`;
      return `${commentOn(change, wanted)}${call}`;
    }),
  );
  return [header(database), ...commands, `print("${migrationId}: done");`, ""].join("\n\n");
}

const header = (database: string) => `// ${migrationId}
// Creates the collections of the Task Runner with their validators, then their indexes, unique
// ones first, to surface data issues early. Nothing is dropped, and it may be run again.
//
//   mongosh "mongodb://…/" --file this-script.js

const target = db.getSiblingDB(${JSON.stringify(database)});

// By default an index build waits for all voting members, even for one that is down.
const { setName, msg } = db.hello();
const quorum = setName || msg === "isdbgrid" ? { commitQuorum: "majority" } : {};

function run(command) {
  const reply = target.runCommand({ ...command, ...(command.createIndexes && quorum) });
  if (reply.ok !== 1) throw new Error(JSON.stringify(command) + " failed: " + reply.errmsg);
}

function create({ create: name, ...validation }) {
  const exists = target.getCollectionInfos({ name }).length > 0;
  run(exists ? { collMod: name, ...validation } : { create: name, ...validation });
}`;

function commentOn(change: Change, wanted: ContractSchema): string {
  if (change.kind === "create collection") {
    const role = wanted.collections.find(({ name }) => name === change.wanted.name)?.role;
    const fields = role ? Object.entries(collections[role].fields) : [];
    return fields.map(([name, { type, note }]) => `// ${name} (${type}): ${note}\n`).join("");
  }
  if (change.kind !== "create index") return `// ${change.reason}\n`;
  const { collection, name } = change.wanted;
  const index = wanted.indexes.find((one) => one.collection === collection && one.name === name);
  return `// ${index?.note ?? ""}\n`;
}
