import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { CollectionRole } from "../contract";
import { basesIn } from "./bases";
import type { MergeRules } from "./merge";
import { collectionOf, type BothSides } from "./sides";
import type { Batch } from "./stages/batch";
import { writeBatch, type Settled } from "./stages/write";

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
}

/** The database as a target. */
export function databaseTarget(sides: BothSides, { rules, empty, dryRun }: TargetOptions): Target {
  const bases = basesIn(sides.database, sides.checkpoints);
  const isThere = (file: string) => isFile(join(sides.root, file));
  return {
    write: (batch) => {
      const { role } = batch;
      const collection = collectionOf(sides, role);
      const expectNew = empty.has(role);
      return writeBatch({ collection, bases, rules, isThere, expectNew, dryRun }, batch);
    },
  };
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}
