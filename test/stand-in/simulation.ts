import type { Db } from "mongodb";
import {
  type BothSides,
  type ExportReport,
  type ImportStage,
  exportState,
  importState,
  verifyState,
} from "../../components/transfer";
import { drawFence, listUnfinished } from "../../components/transfer/rollback/fence";
import { runRollback } from "../../components/transfer/rollback/rollback";
import { type Random, createRandom } from "../../sample/random";
import { ledger } from "../transfer/database";
import { sidesOf } from "../transfer/database-sides";
import { FileStore } from "./file-store";
import { findingsOf, missing } from "./findings";
import { interleaved } from "./interleaved";
import { MemoryJournal } from "./journal";
import { MongoStore } from "./mongo-store";
import { foldersIn } from "./pods";
import { type Service, type Surroundings, timestamp } from "./service";
import type { Store } from "./store";
import { type Load, Web } from "./web";
import { Worker } from "./worker";

/** What the services work on. */
export type Mode = "filesystem" | "mongo";

/** Each web service submits so many runs, over the time in which it works. */
const fullLoad: Load = { runs: 2, chance: 0.15 };

/** So often an operation of an import or an export is preceded by something that a service does. */
const interruptions = 0.2;

/**
 * Worker and web of the stand-in on one state root and one database, in one process, without
 * waiting: what happens next is drawn from the seed. Imports and exports are the real ones, and
 * the services go on between their operations.
 */
export class Simulation {
  /** What went wrong, in words. */
  readonly problems: string[] = [];
  readonly journal = new MemoryJournal();
  private readonly random: Random;
  private readonly stores: Readonly<Record<Mode, Store>>;
  private readonly sides: Omit<BothSides, "watch">;
  private load = fullLoad;
  private fencedAt: string | undefined;
  private held = { runIds: new Set<string>(), since: 0 };
  private worker: Service | undefined;
  private webs: Service[] = [];
  private instances = 0;
  private moment = Date.UTC(2025, 10, 6);
  private turn: Promise<void> = Promise.resolve();

  /**
   * @param root an empty folder
   * @param database with the contract's collections, otherwise empty
   */
  constructor(seed: number, root: string, database: Db) {
    this.random = createRandom(seed);
    this.sides = sidesOf(
      interleaved(database, () => this.interrupt()),
      root,
    );
    this.stores = {
      filesystem: new FileStore(foldersIn(root)),
      mongo: new MongoStore(database, this.sides.collections),
    };
  }

  startWorker(mode: Mode): void {
    this.worker = new Worker(this.surroundings("worker", mode));
  }

  /** Stops the worker; web goes on while it finishes what is in hand. */
  async drainWorker(): Promise<void> {
    await this.between(3);
    await this.worker?.drain();
    this.worker = undefined;
  }

  /** Rolls web over: the old pods work beside the new ones for a while. */
  async rollWeb(mode: Mode): Promise<void> {
    const old = this.webs;
    this.webs = [...old, new Web(this.surroundings("web", mode), () => this.load)];
    await this.between(4);
    this.webs = this.webs.filter((web) => !old.includes(web));
  }

  async import(stage: ImportStage): Promise<void> {
    const { quarantine } = await importState({ ...this.sides, stage });
    for (const { file, detail } of quarantine) {
      this.problems.push(`${stage} import leaves out ${file}: ${detail}`);
    }
  }

  async export(): Promise<ExportReport> {
    const report = await exportState(this.sides);
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
    const unfinishedCount = (await listUnfinished(this.sides)).length;
    const { fence, unknown } = await drawFence({ ...this.sides, ledger, unfinishedCount });
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
      ledger,
      heldRuns: "hold",
      electionSeconds: 5,
    } as const;
    const { held, inTheWay } = await runRollback(this.sides, options);
    for (const runId of inTheWay) this.problems.push(`${runId} cannot be held`);
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

  /** Lets the services do some things, `most` at most. */
  async between(most: number): Promise<void> {
    for (let left = this.random.between(0, most); left > 0; left -= 1) await this.act();
  }

  /** Lets the services come to the end of all runs there are, then looks for what is wrong. */
  async findings(mode: Mode): Promise<string[]> {
    this.load = { ...this.load, runs: 0 };
    let acted = true;
    while (acted) {
      acted = false;
      for (const service of this.services()) acted = (await this.tick(service)) || acted;
    }
    return [...this.problems, ...(await findingsOf(this.stores[mode], this.journal))];
  }

  private surroundings(kind: "worker" | "web", mode: Mode): Surroundings {
    const { journal, random } = this;
    const name = `${kind}-${++this.instances}`;
    return { store: this.stores[mode], journal, random, name, now: () => this.now() };
  }

  private now(): string {
    return timestamp((this.moment += this.random.between(1, 2_000)));
  }

  private async interrupt(): Promise<void> {
    if (this.random.next() < interruptions) await this.act();
  }

  /** One thing that a service does, after what is done already. */
  private async act(): Promise<void> {
    this.turn = this.turn.then(async () => {
      const services = this.services();
      if (services.length > 0) await this.tick(this.random.pick(services));
    });
    await this.turn;
  }

  /** The worker has more to do than web. */
  private services(): Service[] {
    return [...this.webs, ...(this.worker ? [this.worker, this.worker] : [])];
  }

  private async tick(service: Service): Promise<boolean> {
    try {
      return await service.tick();
    } catch (error) {
      this.journal.write({ event: "refused", by: "a service", reason: String(error) });
      return true;
    }
  }
}
