import { rename } from "node:fs/promises";
import { join } from "node:path";
import { type Document, Long, ObjectId } from "mongodb";
import { afterAll, afterEach, beforeEach, vi } from "vitest";
import { defaultFolders } from "../../components/contract";
import { type RollbackResults, exportByHand } from "../../components/transfer";
import { providers } from "../../components/transfer/provider";
import { closeConnections } from "../../components/mongo";
import { type CutoverRecord, listHeldRuns, ownFiles } from "../../components/state";
import type { Direction } from "../../components/settings";
import { documentOptions } from "../contract/options";
import { perTest, stoppableServerForTests } from "../server";
import { claimMigration, defaultSides, ledgerCollection } from "./database";
import { addFiles, filesIn, jsonIn, logLine, run, textsOf } from "./state";

/** The outputs of a handover. */
export interface Outs {
  readonly report?: Document;
  readonly cutoverRecord?: CutoverRecord;
  readonly rollback?: RollbackResults;
}

export const running = { steps: [{ stepId: "build", status: "Running", attempts: 1 }] };
export const finished = { steps: [{ stepId: "build", status: "Succeeded", attempts: 1 }] };
/** A MongoDB at which nothing answers, for which nobody waits long. */
export const unreachable = {
  uri: "mongodb://user:secret@127.0.0.1:1/?directConnection=true",
  electionSeconds: 1,
};

/** The files of a stack before its cutover: two runs that are unfinished, one that is done. */
export const sampleFiles = textsOf({
  "logs/runs/busy.ndjson": [logLine(1)],
  "state/runs/busy.json": run("busy", running),
  "state/runs/done.json": run("done"),
  "state/runs/slow.json": run("slow", running),
});

type Provider = (typeof providers)[keyof typeof providers];
const { Handover, FinalPass } = providers;

/** Whether a handover has to run. */
export const diffHandover = async (olds: object, news: object, provider: Provider = Handover) =>
  (await provider.diff("id", olds, news)).changes;

/** What the engine does in a preview: check, then look for a difference. */
export async function previewStep(olds: object, news: object): Promise<boolean | undefined> {
  const checked = await Handover.check(olds, { ...news, isPreview: true });
  return diffHandover(olds, checked.inputs as object);
}

/** What the engine does: check, then create or, where there is a difference, update. */
export async function runStep(
  olds: Outs | undefined,
  news: object,
  provider: Provider = Handover,
): Promise<Outs> {
  const checked = (await provider.check(olds ?? {}, news)).inputs as object;
  if (!olds) return (await provider.create(checked)).outs as Outs;
  if (!(await diffHandover(olds, checked, provider))) return olds;
  return (await provider.update("id", olds, checked)).outs as Outs;
}

/** The reasons for which a step stopped, and the outputs that it left. */
export async function stoppedBy(work: Promise<unknown>) {
  const error: unknown = await work.then(
    () => ({ reasons: [], properties: {} }),
    (one: unknown) => one,
  );
  return error as { readonly reasons: readonly string[]; readonly properties: object };
}

/** The same for the final pass. */
export const upSecond = (olds: Outs | undefined, news: object) => runStep(olds, news, FinalPass);

/** The handovers of a stack, with a server for a file's tests, and a root and a database for each. */
export class RollbackStack {
  /** What was printed. */
  printed: string[] = [];
  private readonly current = perTest(stoppableServerForTests());

  constructor() {
    afterAll(closeConnections);
    beforeEach(async () => {
      this.printed = [];
      vi.spyOn(console, "log").mockImplementation((line: string) => void this.printed.push(line));
      await claimMigration(this.db);
    });
    afterEach(() => vi.restoreAllMocks());
  }

  get server() {
    return this.current.server;
  }

  get client() {
    return this.current.client;
  }

  get root() {
    return this.current.root;
  }

  get db() {
    return this.current.db;
  }

  get database() {
    return this.db.databaseName;
  }

  get sides() {
    return defaultSides(this.db, this.root);
  }

  get runs() {
    return this.db.collection<Document & { _id: string }>("pack_runs");
  }

  inputs(fields: object = {}) {
    return {
      uri: this.server.uri as string | undefined,
      database: this.database,
      direction: "forward" as Direction,
      stack: "storage/test",
      cutover: 1,
      stoppedAt: "1",
      root: this.root,
      ledger: ledgerCollection,
      collections: documentOptions.collections,
      folders: defaultFolders,
      approvals: true,
      electionSeconds: 5,
      ...fields,
    };
  }

  /** Those of a first verification, after a bulk pass. */
  toVerifyFirst(fields: object = {}) {
    return this.inputs({ importedAt: "2026-11-25T09:00:00.000Z", ...fields });
  }

  toFiles(fields: object = {}) {
    return this.inputs({ direction: "back", ...fields });
  }

  /** Those of the final pass. @param first the outputs of the first one */
  second({ cutoverRecord }: Outs, fields: object = {}) {
    return this.inputs({ ...(cutoverRecord && { cutoverAt: cutoverRecord.at }), ...fields });
  }

  /** The files below the root; nothing where it is missing. */
  async allFiles(): Promise<Record<string, string>> {
    return filesIn(this.root).catch(() => ({}));
  }

  /** The same without a rollback's own; held ones whatever their cutover is. */
  async files(): Promise<Record<string, string>> {
    const files = Object.entries(await filesIn(this.root));
    const own: string[] = [ownFiles.cutoverRecord, ownFiles.deltaScope];
    const ofServices = files.filter(([name]) => !own.includes(name));
    return Object.fromEntries(
      ofServices.map(([name, text]) => [name.replace(/^held\/[^/]+\//, "held/"), text]),
    );
  }

  /** The path of a file that was held since a cutover. */
  held(name: string, { cutoverRecord }: Outs): string {
    return `held/${cutoverRecord?.at.replaceAll(":", "-") ?? ""}/${name}`;
  }

  /** A cutover as far as the worker's rollout. */
  async cutover(olds?: Outs): Promise<Outs> {
    if (!olds) await addFiles(this.root, sampleFiles);
    return runStep(olds, this.inputs());
  }

  /** A cutover with its final pass: web works on MongoDB too. */
  async wholeCutover(): Promise<Outs> {
    const before = await this.cutover();
    await this.finalPass(before);
    return before;
  }

  /** The first final pass after a handover, in either direction. */
  finalPass(first: Outs, fields: object = {}): Promise<Outs> {
    return upSecond(undefined, this.second(first, fields));
  }

  /** A rollback's handover, without what a preview says before it. */
  async rollBack(before: object, fields: object = {}): Promise<Outs> {
    return (await Handover.update("id", before, this.toFiles(fields))).outs as Outs;
  }

  exportByHand(fields: object = {}, electionSeconds = 5) {
    const confirmation = { ledger: ledgerCollection, electionSeconds };
    return exportByHand({ ...this.sides, ...fields }, confirmation);
  }

  /** A service changes a run in MongoDB. */
  change(runId: string, fields: object) {
    return this.runs.updateOne({ _id: runId }, { $set: fields });
  }

  /** A run's file. */
  onDisk(runId: string): Promise<unknown> {
    return jsonIn(this.root, `state/runs/${runId}.json`);
  }

  /** The worker goes on in Mongo mode. */
  async advance(): Promise<void> {
    await this.change("busy", finished);
    const entry = await this.db.collection("pack_run_logs").findOne({ runId: "busy" });
    const second = { ...entry, _id: new ObjectId(), sequence: Long.fromNumber(2) };
    await this.db.collection("pack_run_logs").insertOne(second);
  }

  /** `mv held/*\/state/runs/* state/runs/`, as the docs have it. */
  async moveHeldBack(): Promise<void> {
    for (const { file } of await listHeldRuns(this.sides)) {
      await rename(file.path, join(this.root, file.name));
    }
  }

  /** MongoDB has no such run, and nothing says that it ever had. */
  async forget(runId: string): Promise<void> {
    await this.runs.deleteOne({ _id: runId });
    const known = this.db.collection<{ _id: string }>("pack_run_backfill");
    await known.deleteMany({ _id: { $regex: runId } });
  }
}
