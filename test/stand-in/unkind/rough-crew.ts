import { Crew, type Mode } from "../crew";
import { FileStore } from "../file-store";
import type { MemoryJournal } from "../journal";
import { foldersIn } from "../pods";
import type { StoreService } from "../service";
import type { Danger } from "./dangers";
import { LateStore } from "./late-store";
import { Killed } from "./rough-writer";
import type { World } from "./world";

const hour = 3_600_000;

/** The services in an unkind world: killed in a write, on a volume of their own, with clocks that differ. */
export class RoughCrew extends Crew {
  /** What the services work on; undefined while the worker is drained or on its way. */
  protected truth: Mode | undefined;
  private readonly mongo: LateStore;
  private isLate = false;

  constructor(
    seed: number,
    readonly world: World,
    journal: MemoryJournal,
  ) {
    const { database, root, writer, between } = world;
    const write = (file: string, text: string) => writer.write(file, text);
    const mongo = new LateStore(database, journal, writer.form);
    super(seed, { filesystem: new FileStore(foldersIn(root), write, writer.form), mongo }, journal);
    this.mongo = mongo;
    between.before = () => this.duringStep();
    if (!this.has("late write")) return;
    between.answered = (answer) => {
      this.isLate ||= this.mongo.isMissedBy(answer);
    };
  }

  protected has(danger: Danger): boolean {
    return this.world.dangers.has(danger);
  }

  override startWorker(mode: Mode): void {
    super.startWorker(mode);
    this.truth = mode;
    // What the server has not applied by now it never does.
    this.mongo.late = undefined;
  }

  /** Drains the worker, or kills it while it writes, if a danger says so. */
  protected async endWorker(): Promise<void> {
    const [writes, danger] =
      this.truth === "mongo"
        ? ([this.mongo, "late write"] as const)
        : ([this.world.writer.roughness, "kill"] as const);
    // What web has begun is not killed.
    await this.settle();
    writes.kills = this.has(danger) && this.worker !== undefined;
    for (let left = 20; writes.kills && left > 0; left -= 1) await this.act();
    writes.kills = false;
    await this.drainWorker();
    this.truth = undefined;
  }

  override async rollWeb(mode: Mode): Promise<void> {
    if (this.has("busy web")) this.load = { runs: 1, chance: 0.5 };
    await super.rollWeb(mode);
  }

  /** Time passes until the next step, in which web has something to do. */
  protected pass(): void {
    if (this.has("busy web")) this.load = { runs: this.load.runs + 1, chance: 0.5 };
    if (this.has("clocks")) this.wait(2 * hour);
  }

  protected override drawClock(): number {
    return this.has("clocks") ? this.random.between(-hour / 2, hour / 2) : 0;
  }

  /** A service goes on while the product works; if it writes in pieces, at the same time. */
  private async duringStep(): Promise<void> {
    if (this.isLate) await this.mongo.settle();
    this.isLate = false;
    const going = this.interrupt();
    if (!this.has("in place")) await going;
  }

  override async act(): Promise<void> {
    await this.onVolume(() => super.act());
  }

  protected override async tick(service: StoreService): Promise<boolean> {
    const { roughness, broken } = this.world.writer;
    const hadKill = roughness.kills;
    // Only the worker is killed.
    roughness.kills = hadKill && service === this.worker;
    const done = await super.tick(service);
    roughness.kills = hadKill && broken.size === 0;
    return done;
  }

  protected override fails(service: StoreService, error: unknown): void {
    if (error instanceof Killed) {
      this.world.isKilled = true;
      this.worker = undefined;
    } else super.fails(service, error);
  }

  /** Does something on another client of the volume than the product. */
  protected onVolume<T>(work: () => Promise<T>): Promise<T> {
    return this.world.surface.volume.onAnother(work);
  }
}
