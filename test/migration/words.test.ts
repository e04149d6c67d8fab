import { MongoServerError } from "mongodb";
import { expect, it } from "vitest";
import { buildSchema, type WantedIndex } from "../../components/contract";
import type { LedgerRecord } from "../../components/ledger";
import { MigrationConflict, MigrationError } from "../../components/migration/errors";
import { ClaimRefused } from "../../components/migration/record";
import {
  type Change,
  type Command,
  describeChange,
} from "../../components/migration/planner/change";
import { documentOptions } from "../contract/options";
import { byAge, observed, runSequence } from "./indexes";

const reason = "why";
const [runs] = buildSchema(documentOptions).collections;
if (!runs) throw new Error("the contract has collections");
const collection = { ...runs, type: "collection", indexes: [] };
const sparse: WantedIndex = { ...byAge, sparse: true };
const both = { wanted: byAge, found: observed(byAge, { name: "theirs" }), reason };
const replaced = { old: undefined, bridge: undefined, final: undefined };
const ledger = "schema_migrations";

const changes: readonly Change[] = [
  { kind: "create collection", wanted: runs, reason },
  { kind: "modify validator", wanted: runs, found: collection, reason },
  { kind: "create index", wanted: runSequence, reason },
  { kind: "replace index", wanted: sparse, reason, ...replaced },
  { kind: "adopt index", ...both },
  { kind: "await index", ...both },
  { kind: "modify index", ...both, set: "hidden" },
  { kind: "record ledger", ledger, checksum: "c", reason },
  { kind: "leave alone", collection: "invoices", reason },
  { kind: "leave alone", collection: "pack_runs", index: "theirs", reason },
];

const building: Command = {
  command: { createIndexes: "pack_runs", indexes: [{ key: { updatedAt: -1 }, name: "by_age" }] },
  reason: "it does not exist yet",
  blocksWrites: false,
  loses: false,
};
const failed = [13, 11000, 359, 86, 8000].map(
  (code) =>
    new MigrationError("taskrunner", building, new MongoServerError({ message: "no", code })),
);

const claim = { checksum: "a".repeat(64), stack: "storage/prod", adopt: false };
const held: readonly Partial<LedgerRecord>[] = [
  { checksum: "b".repeat(64), stack: "storage/dev" },
  { appliedAt: new Date(), runner: "platform" } as object,
];
const refused = held.map((record) => new ClaimRefused("taskrunner", claim, record));

it("each change is named, and each failure says what to do", async () => {
  const errors = [...failed, ...refused, new MigrationConflict("pack_runs", "view")];
  const lines = [...changes.map(describeChange), ...errors.map(({ message }) => message)];
  await expect(`${lines.join("\n\n")}\n`).toMatchFileSnapshot("words.txt");
});
