import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Long, MongoClient, ObjectId, type Document } from "mongodb";
import { afterAll, afterEach, beforeAll, beforeEach, vi } from "vitest";
import { importState } from "../../components/backfill";
import { providers } from "../../components/backfill/provider";
import { closeConnections } from "../../components/connection";
import { documentOptions } from "../contract/options";
import { type BorrowedServer, borrowServer } from "../pool";
import { claimMigration, ledger } from "./database";
import { filesIn, sidesOf } from "./export-sides";
import { layout } from "./layout";
import { addFiles, lines, logLine, run } from "./state";

/** The outputs of an export. */
export interface Outs {
  readonly fence?: { at: string; unfinished: string[] };
  readonly wayBack?: Document;
}

export const running = { steps: [{ stepId: "build", status: "Running", attempts: 1 }] };
export const finished = { steps: [{ stepId: "build", status: "Succeeded", attempts: 1 }] };
export const unreachable = "mongodb://user:secret@127.0.0.1:1/?directConnection=true";

/** The files of a stack before its cutover: two runs that are unfinished, one that is done. */
export const state = {
  "logs/runs/busy.ndjson": lines(logLine(1)),
  "state/runs/busy.json": JSON.stringify(run("busy", running)),
  "state/runs/done.json": JSON.stringify(run("done")),
  "state/runs/slow.json": JSON.stringify(run("slow", running)),
};

const { Export } = providers;

/** Whether an export has to run. */
export const changes = async (olds: object, news: object) =>
  (await Export.diff("id", olds, news)).changes;

/** What the engine does: check, then create or, where there is a difference, update. */
export async function up(olds: Outs | undefined, news: object): Promise<Outs> {
  const checked = (await Export.check(olds ?? {}, news)).inputs as object;
  if (!olds) return (await Export.create(checked)).outs as Outs;
  if (!(await changes(olds, checked))) return olds;
  return (await Export.update("id", olds, checked)).outs as Outs;
}

/** The export of a stack, with a server for a file's tests, and a root and a database for each. */
export class ExportStack {
  server!: BorrowedServer;
  root = "";
  database = "";
  /** What was printed. */
  said: string[] = [];
  private folder = "";
  private client!: MongoClient;
  private tests = 0;

  constructor() {
    beforeAll(async () => {
      this.folder = await mkdtemp(join(tmpdir(), "way-back-"));
      this.server = await borrowServer();
      this.client = await new MongoClient(this.server.uri).connect();
    });
    afterAll(async () => {
      await closeConnections();
      await this.client.close();
      await this.server.release();
      await rm(this.folder, { recursive: true });
    });
    beforeEach(async () => {
      this.database = `way_back_${++this.tests}`;
      this.root = join(this.folder, this.database);
      this.said = [];
      vi.spyOn(console, "log").mockImplementation((line: string) => void this.said.push(line));
      await claimMigration(this.db);
    });
    afterEach(() => vi.restoreAllMocks());
  }

  get db() {
    return this.client.db(this.database);
  }

  get sides() {
    return sidesOf(this.db, this.root);
  }

  get runs() {
    return this.db.collection<Document & { _id: string }>("pack_runs");
  }

  inputs(fields: object = {}) {
    return {
      uri: this.server.uri as string | undefined,
      ...{ database: this.database, mode: "mongo", root: this.root, layout, ledger },
      ...{ collections: documentOptions.collections, approvals: true },
      ...{ checkpoints: "pack_run_backfill", stage: "export", heldRuns: "hold" },
      electionSeconds: 5,
      ...fields,
    };
  }

  toFiles(fields: object = {}) {
    return this.inputs({ mode: "filesystem", ...fields });
  }

  /** The files below the root, the fence's own aside. */
  async files(): Promise<Record<string, string>> {
    const files = await filesIn(this.root);
    delete files["fence.json"];
    return files;
  }

  /** A cutover as far as the worker's rollout. */
  async cutover(olds?: Outs): Promise<Outs> {
    if (!olds) await addFiles(this.root, state);
    await importState({ ...this.sides, stage: "delta" });
    return up(olds, this.inputs());
  }

  /** The worker goes on in Mongo mode. */
  async advance(): Promise<void> {
    await this.runs.updateOne({ _id: "busy" }, { $set: finished });
    const entry = await this.db.collection("pack_run_logs").findOne({ runId: "busy" });
    const second = { ...entry, _id: new ObjectId(), sequence: Long.fromNumber(2) };
    await this.db.collection("pack_run_logs").insertOne(second);
  }

  /** MongoDB has no such run, and nothing says that it ever had. */
  async forget(runId: string): Promise<void> {
    await this.runs.deleteOne({ _id: runId });
    const known = this.db.collection<{ _id: string }>("pack_run_backfill");
    await known.deleteMany({ _id: { $regex: runId } });
  }
}
