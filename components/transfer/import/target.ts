import type { Collection } from "mongodb";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { CollectionRole } from "../../contract";
import { withRetries } from "../../mongo";
import { type ReadyRecord, placeInWords } from "../../state";
import { basesIn } from "../bases";
import type { MergeRules } from "../merge";
import { type BothSides, collectionOf } from "../sides";
import type { Outcome } from "../tally";
import type { Batch, Settled } from "./pipeline";
import { writeBatch } from "./write";

/** Where an import brings its batches. */
export interface Target {
  /** Brings a batch there and says what became of each record. */
  write(batch: Batch): Promise<Settled>;
}

/** How the database takes a batch. */
export interface TargetOptions {
  readonly rules: MergeRules;
  /** Collections that had no document when the import began. */
  readonly empty: ReadonlySet<CollectionRole>;
  /** Looks and decides, but writes nothing. */
  readonly dryRun: boolean;
  /** How often a batch is tried again where the server has trouble; the default is withRetries'. */
  readonly retries: number | undefined;
}

/** The database as a target. */
export function databaseTarget(
  sides: BothSides,
  { rules, empty, dryRun, retries }: TargetOptions,
): Target {
  const bases = basesIn(sides.database, sides.checkpoints);
  const isThere = (file: string) => isFile(join(sides.root, file));
  return {
    write: (batch) => {
      const { role } = batch;
      const collection = collectionOf(sides, role);
      const expectNew = empty.has(role);
      const sent = new Map<ReadyRecord, Outcome>();
      const to = { collection, bases, rules, isThere, expectNew, dryRun, sent };
      return withRetries(doing(batch, collection), () => writeBatch(to, batch), retries);
    },
  };
}

function doing({ role, records: [first] }: Batch, { namespace }: Collection): string {
  const from = first ? ` from ${placeInWords(first.place)} on` : "";
  return `Importing ${role} into ${namespace}${from}`;
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}
