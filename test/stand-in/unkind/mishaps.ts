import { appendFile, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { defaultFolders } from "../../../components/contract";
import { listHeldRuns } from "../../../components/state";
import type { Random } from "../../../tools/sample/random";
import type { Mode } from "../crew";
import type { Queue } from "../queue";
import type { Store } from "../store";
import type { Danger } from "./dangers";
import { Refused } from "./refused";
import { Snapshots } from "./snapshots";
import { Stranger } from "./stranger";
import { Unwritable } from "./unwritable";
import type { World } from "./world";

/** So often something happens where it may. */
const chance = 0.6;

/** What happens to a state directory and a database between the product's steps, as the dangers of a walk have it. */
export class Mishaps {
  private readonly snapshots: Snapshots;
  private readonly stranger: Stranger;
  private readonly refused: Refused;
  private readonly unwritable: Unwritable;

  constructor(
    private readonly world: World,
    private readonly stores: Readonly<Record<Mode, Store>>,
    private readonly random: Random,
  ) {
    const { root, database, writer } = world;
    this.snapshots = new Snapshots(root, database);
    this.stranger = new Stranger(database, stores.mongo);
    this.refused = new Refused(root, stores.filesystem, writer);
    this.unwritable = new Unwritable(database, stores);
  }

  has(danger: Danger): boolean {
    return this.world.dangers.has(danger);
  }

  /** The runs of a stranger. */
  get strange(): ReadonlySet<string> {
    return this.stranger.runIds;
  }

  /** The runs of which the journal does not know whether and where they are. */
  get excused(): ReadonlySet<string> {
    return new Set([...this.world.purged, ...this.strange, ...this.refused.earlier]);
  }

  /** Before the services begin. */
  async begin(): Promise<void> {
    // Otherwise a run that cannot be imported is more than 1 % of all.
    if (this.has("refused") || this.has("copied back")) await this.refused.fill();
  }

  /** Before a cutover, while the services work on files. */
  async beforeCutover(): Promise<void> {
    await this.keepSnapshots();
    await this.changeDatabase(false);
    if (this.happens("again")) await this.writeStrangeLine();
  }

  /** The database is not what it was, while the services work on files; `isLate` after the look before the drain. */
  async changeDatabase(isLate: boolean): Promise<void> {
    const { root } = this.world;
    // What is held has its truth in MongoDB.
    const isHeld = (await listHeldRuns({ root, folders: defaultFolders })).length > 0;
    if (this.happens("restored database") && !isHeld) {
      this.note("the database", await this.snapshots.restoreDatabase(this.random));
    }
    if (!this.happens("stranger")) return;
    this.note("a stranger", await this.stranger.act(this.random, isLate, this.has("lost")));
  }

  /** The state directory is not what it was, while the services work on MongoDB. */
  async changeDirectory(): Promise<void> {
    if (!this.happens("restored directory")) return;
    this.note("the directory", await this.snapshots.restoreDirectory(this.random));
  }

  async keepSnapshots(): Promise<void> {
    if (this.has("restored directory")) await this.snapshots.takeDirectory();
    if (this.has("restored database")) await this.snapshots.takeDatabase();
  }

  async refuse(): Promise<void> {
    this.note("refused", await this.refused.act(this.random));
  }

  /** A run in MongoDB gets a member that no file can hold. @param queue the jobs in Mongo mode */
  async spoil(queue: Queue | undefined): Promise<void> {
    if (!this.has("unwritable") || this.world.isDisturbed) return;
    this.note("unwritable", await this.unwritable.act(this.random, queue));
  }

  /** Files can hold each run in MongoDB again. */
  async repairRuns(): Promise<void> {
    if (this.has("unwritable")) await this.unwritable.repair();
  }

  async purge(mode: Mode): Promise<void> {
    if (!this.happens("purge")) return;
    const runs = await this.stores[mode].runs();
    const own = runs.filter(({ runId }) => !this.refused.earlier.has(runId));
    await this.world.purge(mode, own, this.random);
  }

  /** The names that the product gave may be lost, since `step`. */
  crash(): void {
    const { surface, root } = this.world;
    if (this.happens("lost renames")) this.note("lost", surface.names.crash(root, this.random));
    surface.names.unmount(root);
  }

  /** The product begins a step. */
  step(): void {
    const { surface, root } = this.world;
    if (this.has("lost renames")) surface.names.mount(root);
  }

  private note(what: string, how: string): void {
    this.world.history.push(`${what}: ${how}`);
  }

  private happens(danger: Danger): boolean {
    return this.has(danger) && this.random.next() < chance;
  }

  /** A tool that is none of the services writes a line that is no log entry. */
  private async writeStrangeLine(): Promise<void> {
    const file = join(this.world.root, defaultFolders.logs, "tool.ndjson");
    await mkdir(dirname(file), { recursive: true });
    await appendFile(file, "97 % of the disk are in use\n");
    this.world.writer.broken.set(file, "");
  }
}
