import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Db } from "mongodb";
import { defaultFolders } from "../../../components/contract";
import type { Random } from "../../../tools/sample/random";
import { documentOptions } from "../../contract/options";
import { ledgerCollection, migrate } from "../../transfer/database";
import type { Mode } from "../crew";
import { Queue } from "../queue";
import { hasRunEnded, type RunRecord } from "../records";
import type { Danger } from "./dangers";
import type { LosingVolume } from "./losing-volume";
import type { RoughWriter } from "./rough-writer";
import type { StaleVolume } from "./stale-volume";
import { type Disturbance, type Wire, keepMajority } from "./wire";

/** What the walks share. */
export interface Surface {
  readonly wire: Wire;
  /** The address of a second importer, whose commands can be held. */
  readonly slow: Wire;
  readonly volume: StaleVolume;
  /** The state directory's names, which a crash may lose. */
  readonly names: LosingVolume;
}

/** A state directory and a database, and what goes wrong around them while a walk's dangers are on. */
export class World {
  /** Finished runs that were deleted on one side. */
  readonly purged = new Set<string>();
  readonly between: Disturbance;
  /** What happened, step by step, for who reads why a walk failed. */
  readonly history: string[] = [];
  isKilled = false;
  readonly queue: Queue;

  constructor(
    readonly surface: Surface,
    readonly database: Db,
    readonly root: string,
    readonly writer: RoughWriter,
    readonly dangers: ReadonlySet<Danger>,
  ) {
    const endings = dangers.has("job names") ? [".job", "", ".JSON"] : undefined;
    this.queue = new Queue(join(root, defaultFolders.queue), 0, endings);
    this.between = surface.wire.disturb(database.databaseName);
    writer.roughness.inPlace = dangers.has("in place");
    if (dangers.has("in place")) writer.roughness.pauseMs = 30;
    if (dangers.has("stale stat")) surface.volume.mount(root);
  }

  /** The services' writes leave the majority behind, or MongoDB refuses what the dangers say. */
  async disturb(random: Random): Promise<void> {
    const { dangers, between, database } = this;
    if (dangers.has("lag") || dangers.has("no majority")) {
      await keepMajority(database);
      between.majority = dangers.has("no majority") ? "none" : "lag";
    }
    if (dangers.has("refused writes")) between.refusal = random.pick([371, 8000, 14031]);
    if (dangers.has("no shard primary")) {
      between.refusal = 133;
      between.spared = random.pick([ledgerCollection, undefined]);
    }
  }

  /** From now on another database answers: one that was migrated, and has nothing else. */
  async exchange(): Promise<void> {
    const other = `${this.database.databaseName}_other`;
    await this.database.client.db(other).dropDatabase();
    await migrate(this.database.client.db(other));
    this.between.other = other;
  }

  get isDisturbed(): boolean {
    const { majority, refusal, other } = this.between;
    return majority !== "current" || refusal !== undefined || other !== undefined;
  }

  /** MongoDB is as it should be again. */
  heal(): void {
    Object.assign(this.between, { majority: "current", refusal: undefined, other: undefined });
  }

  /** Deletes a finished run where the services work, as a retention does. */
  async purge(mode: Mode, runs: readonly RunRecord[], random: Random): Promise<void> {
    const finished = runs.filter(hasRunEnded);
    if (finished.length === 0) return;
    const { runId } = random.pick(finished);
    this.purged.add(runId);
    this.history.push(`${runId} is purged, ${mode}`);
    await this.delete(mode, runId);
    await this.queue.delete(runId);
  }

  /** Deletes a run on one side. */
  async delete(mode: Mode, runId: string): Promise<void> {
    if (mode === "filesystem") {
      const stem = runId.replaceAll("/", "_");
      const files = [
        `${defaultFolders.runs}/${stem}.json`,
        `${defaultFolders.approvals}/${stem}.json`,
      ];
      files.push(`${defaultFolders.logs}/${stem}.ndjson`, `${defaultFolders.artifacts}/${stem}`);
      for (const file of files) await rm(join(this.root, file), { recursive: true, force: true });
      return;
    }
    const { runs, ...parts } = documentOptions.collections;
    const { database } = this;
    await database.collection<{ _id: string }>(runs).deleteOne({ _id: runId });
    for (const name of Object.values(parts)) await database.collection(name).deleteMany({ runId });
  }

  /** The runs that a text names. */
  runIdsIn(text: string, runIds: readonly string[]): string[] {
    const words = new Set(text.match(/[\w/-]+/g));
    return runIds.filter((runId) => words.has(runId));
  }

  async end(): Promise<void> {
    this.surface.volume.unmount(this.root);
    this.surface.names.unmount(this.root);
    const { client, databaseName } = this.database;
    for (const end of ["", "_other", "_majority"])
      await client.db(databaseName + end).dropDatabase();
  }
}
