import type { Db } from "mongodb";
import {
  type BothSides,
  type ExportReport,
  type ImportPass,
  exportState,
  importState,
  verifyState,
} from "../../components/transfer";
import { exportBeforeEnd } from "../../components/transfer/export/unfinished";
import { drawFence, endFence } from "../../components/transfer/rollback/fence";
import { listUnfinishedRuns, readFence } from "../../components/state";
import { runRollback } from "../../components/transfer/rollback/rollback";
import { documentOptions } from "../contract/options";
import { defaultSides, ledgerCollection } from "../transfer/database";
import { Crew, type Mode } from "./crew";
import { formOf } from "./form";
import { FileStore } from "./file-store";
import { findFaults, missing } from "./findings";
import { interleaved } from "./interleaved";
import { MongoStore } from "./mongo-store";
import { foldersIn } from "./pods";

/** The services, and between their operations imports and exports, which are the real ones. */
export class Simulation extends Crew {
  private readonly sides: Omit<BothSides, "watch">;
  private fencedAt: string | undefined;
  private held = { runIds: new Set<string>(), since: 0 };

  /**
   * @param root an empty folder
   * @param database with the contract's collections, otherwise empty
   */
  constructor(seed: number, root: string, database: Db) {
    const form = formOf(seed);
    super(seed, {
      filesystem: new FileStore(foldersIn(root), undefined, form),
      mongo: new MongoStore(database, documentOptions.collections, form),
    });
    this.sides = defaultSides(
      interleaved(database, () => this.interrupt()),
      root,
    );
  }

  async import(pass: ImportPass): Promise<void> {
    const { quarantine } = await importState({ ...this.sides, pass });
    for (const { file, detail } of quarantine) {
      this.problems.push(`${pass} import leaves out ${file}: ${detail}`);
    }
  }

  /** What a rollback exports: the first one ends the fence, and with MongoDB up it holds nothing. */
  async export(): Promise<ExportReport> {
    const { root } = this.sides;
    const fence = await readFence(root);
    if (!fence || fence.endedAt !== undefined) return this.count(await exportState(this.sides));
    const { report, stale } = await exportBeforeEnd(this.sides, fence, undefined, false);
    for (const { runId } of stale) this.problems.push(`${runId} would be held`);
    await endFence({ ...this.sides, ledger: ledgerCollection }, true);
    return this.count(report);
  }

  private count(report: ExportReport): ExportReport {
    for (const { id, detail } of [...report.conflicts, ...report.unwritable]) {
      this.problems.push(`export leaves out ${id}: ${detail}`);
    }
    return report;
  }

  async verify(): Promise<void> {
    const { holds, quarantine, incomplete, ...counts } = await verifyState(this.sides);
    if (!holds) this.problems.push(`verification: ${JSON.stringify({ quarantine, ...counts })}`);
    for (const { file } of incomplete) this.problems.push(`${file} has an unended line`);
  }

  async drawFence(): Promise<void> {
    const unfinishedCount = (await listUnfinishedRuns(this.sides)).length;
    const { fence, unknown } = await drawFence({
      ...this.sides,
      ledger: ledgerCollection,
      stack: "storage/dev",
      cutover: 1,
      unfinishedCount,
    });
    this.fencedAt = fence.at;
    for (const runId of unknown) this.problems.push(`${runId} is held, and not in MongoDB`);
  }

  /** MongoDB does not answer any more: web in Mongo mode can do nothing. */
  stopMongo(): void {
    this.webs = [];
  }

  /** Sets the unfinished runs aside, of which MongoDB knows more than the files. */
  async holdRuns(): Promise<void> {
    const options = {
      uri: undefined,
      name: undefined,
      fencedAt: this.fencedAt,
      ledger: ledgerCollection,
      electionSeconds: 5,
    } as const;
    const { held, destinationTaken } = await runRollback(this.sides, options);
    for (const runId of destinationTaken) this.problems.push(`${runId} cannot be held`);
    this.held = { runIds: new Set(held), since: this.journal.events().length };
  }

  /** Exports with MongoDB up again: held runs, of which no step was executed, come back. */
  async bringBack(): Promise<void> {
    const { runIds, since } = this.held;
    for (const event of this.journal.events().slice(since)) {
      if (event.event !== "executed" || !runIds.has(event.runId)) continue;
      this.problems.push(`${event.stepId} of ${event.runId} is executed while the run is held`);
    }
    const { returned } = await this.export();
    const missing = [...runIds].filter((runId) => !returned.includes(runId));
    for (const runId of missing) this.problems.push(`${runId} does not come back`);
  }

  /** Asks that every run submitted so far is in a store, whatever else goes on. */
  async requireAllRuns(mode: Mode): Promise<void> {
    this.problems.push(...missing(this.journal, await this.stores[mode].runs()));
  }

  /** Lets the services come to the end of all runs there are, then looks for what is wrong. */
  async findings(mode: Mode): Promise<string[]> {
    await this.finish();
    return [...this.problems, ...(await findFaults(this.stores[mode], this.journal))];
  }
}
