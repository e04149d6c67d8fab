import { type Random, createRandom } from "../../tools/sample/random";
import { MemoryJournal } from "./journal";
import { type StoreService, type ServiceContext, formatTimestamp } from "./service";
import type { Queue } from "./queue";
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
 * Worker and web of the stand-in on one state directory and one database, in one process, without
 * waiting: what happens next is drawn from the seed.
 */
export class Crew {
  /** What went wrong, in words. */
  readonly problems: string[] = [];
  readonly random: Random;
  protected load = fullLoad;
  /** The jobs of each mode; none where the worker looks at all runs. */
  protected readonly queues: Partial<Readonly<Record<Mode, Queue>>> = {};
  protected worker: StoreService | undefined;
  protected webs: StoreService[] = [];
  private instances = 0;
  private moment = Date.UTC(2025, 10, 6);
  private turn: Promise<void> = Promise.resolve();

  constructor(
    seed: number,
    readonly stores: Readonly<Record<Mode, Store>>,
    readonly journal = new MemoryJournal(),
  ) {
    this.random = createRandom(seed);
  }

  startWorker(mode: Mode): void {
    this.worker = new Worker(this.surroundings("worker", mode));
  }

  /** Stops the worker; web goes on while it finishes what is in hand. */
  async drainWorker(): Promise<void> {
    await this.between(3);
    await this.settle();
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

  /** Lets the services do some things, `most` at most. */
  async between(most: number): Promise<void> {
    for (let left = this.random.between(0, most); left > 0; left -= 1) await this.act();
  }

  /** Lets the services come to the end of all runs there are; nothing more is submitted. */
  async finish(): Promise<void> {
    this.load = { ...this.load, runs: 0 };
    await this.settle();
    let acted = true;
    while (acted) {
      acted = false;
      for (const service of this.services()) {
        await this.inTurn(async () => (acted = (await this.tick(service)) || acted));
      }
    }
  }

  /** Sometimes one thing that a service does, between two operations of something else. */
  async interrupt(): Promise<void> {
    if (this.random.next() < interruptions) await this.act();
  }

  /** One thing that a service does, after what is done already. */
  async act(): Promise<void> {
    await this.inTurn(async () => {
      const services = this.services();
      if (services.length > 0) await this.tick(this.random.pick(services));
    });
  }

  /** What a service does comes after what others have begun: an approval is not looked for while it is decided. */
  private async inTurn(work: () => Promise<unknown>): Promise<void> {
    this.turn = this.turn.then(async () => {
      await work();
    });
    await this.turn;
  }

  /** What a service began has its end. */
  async settle(): Promise<void> {
    await this.turn;
  }

  protected async tick(service: StoreService): Promise<boolean> {
    try {
      return await service.tick();
    } catch (error) {
      this.fails(service, error);
      return true;
    }
  }

  protected fails(_service: StoreService, error: unknown): void {
    this.journal.write({ event: "refused", by: "a service", reason: String(error) });
  }

  /** The worker has more to do than web. */
  private services(): StoreService[] {
    return [...this.webs, ...(this.worker ? [this.worker, this.worker] : [])];
  }

  private surroundings(kind: "worker" | "web", mode: Mode): ServiceContext {
    const { journal, random } = this;
    const name = `${kind}-${++this.instances}`;
    const ahead = this.drawClock();
    const now = () => formatTimestamp((this.moment += random.between(1, 2_000)) + ahead);
    return { store: this.stores[mode], queue: this.queues[mode], journal, random, name, now };
  }

  /** How far the clock of a new instance is ahead, in ms. */
  protected drawClock(): number {
    return 0;
  }

  /** Time passes, at most so much, in ms. */
  protected wait(longestMs: number): void {
    this.moment += this.random.between(0, longestMs);
  }
}
