import { appendFile, mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Form, fromFile, fromLines, fromStored, toFile, toLine, toStatus } from "./form";
import type { Approval, Artifact, LogRecord, LogMessage, RunRecord } from "./records";
import type { Store } from "./store";

/** The folders of the filesystem stores, absolute. */
export interface Folders {
  readonly runs: string;
  readonly approvals: string;
  readonly logs: string;
  readonly artifacts: string;
}

/** How a service writes a whole file; its folder is there. */
export type WriteFile = (file: string, text: string) => Promise<void>;

/** The filesystem stores, with the files that the Task Runner leaves. One process writes a file. */
export class FileStore implements Store {
  constructor(
    private readonly folders: Folders,
    private readonly writeText: WriteFile = writeAside,
    private readonly form: Form = "names",
  ) {}

  async runs(): Promise<RunRecord[]> {
    const names = await stateFilesIn(this.folders.runs);
    const runs = names.map((name) => readJson<RunRecord>(join(this.folders.runs, name)));
    return (await Promise.all(runs)).map((run) => fromFile(this.form, run));
  }

  async create(run: RunRecord): Promise<void> {
    await this.writeJson(this.runFile(run.runId), toFile(this.form, run));
  }

  async replace(run: RunRecord, seen: RunRecord): Promise<boolean> {
    const current = await readJson<RunRecord>(this.runFile(run.runId));
    if (current.updatedAt !== seen.updatedAt) return false;
    await this.create(run);
    return true;
  }

  async append(runId: string, message: LogMessage): Promise<LogRecord> {
    const last = (await this.logs(runId)).at(-1)?.sequence ?? 0;
    const entry = { sequence: last + 1, ...message };
    await mkdir(this.folders.logs, { recursive: true });
    await appendFile(this.logFile(runId), `${JSON.stringify(toLine(this.form, entry))}\n`);
    return entry;
  }

  async logs(runId: string): Promise<LogRecord[]> {
    const lines = (await textIn(this.logFile(runId)))?.split("\n") ?? [];
    const written = lines.filter((line) => line !== "");
    return fromLines(written.map((line) => JSON.parse(line) as LogRecord));
  }

  async capture(runId: string, artifacts: readonly Artifact[]): Promise<void> {
    const uploadedAt = artifacts.at(-1)?.capturedAt;
    await this.writeJson(this.manifest(runId), { runId, uploadedAt, outputs: artifacts });
  }

  async artifacts(runId: string): Promise<Artifact[]> {
    const text = await textIn(this.manifest(runId));
    return text === undefined ? [] : (JSON.parse(text) as { outputs: Artifact[] }).outputs;
  }

  async approvals(runId: string): Promise<Approval[]> {
    const text = await textIn(this.approvalFile(runId));
    const approvals = text === undefined ? [] : (JSON.parse(text) as Approval[]);
    return approvals.map((approval) => fromStored(this.form, approval));
  }

  async pendingApprovals(): Promise<Approval[]> {
    const { approvals } = this.folders;
    const names = await stateFilesIn(approvals);
    const all = await Promise.all(names.map((name) => readJson<Approval[]>(join(approvals, name))));
    const read = all.flat().map((approval) => fromStored(this.form, approval));
    return read.filter(({ status }) => status === "pending");
  }

  async ask(approval: Approval): Promise<void> {
    const asked = await this.approvals(approval.runId);
    if (asked.some(({ approvalId }) => approvalId === approval.approvalId)) return;
    await this.writeApprovals([...asked, approval]);
  }

  async decide(approval: Approval): Promise<void> {
    const { runId, approvalId } = approval;
    const asked = await this.approvals(runId);
    const at = asked.findIndex((one) => one.approvalId === approvalId && one.status === "pending");
    if (at < 0) throw new Error(`approval ${approvalId} of ${runId} is not pending`);
    await this.writeApprovals(asked.with(at, approval));
  }

  /** @param approvals those of one run */
  private async writeApprovals(approvals: readonly Approval[]): Promise<void> {
    const written = approvals.map((one) => ({ ...one, status: toStatus(this.form, one.status) }));
    await this.writeJson(this.approvalFile(approvals[0]?.runId ?? ""), written);
  }

  private async writeJson(file: string, value: unknown): Promise<void> {
    await mkdir(dirname(file), { recursive: true });
    await this.writeText(file, `${JSON.stringify(value, undefined, 2)}\n`);
  }

  private readonly runFile = (runId: string) => join(this.folders.runs, `${stem(runId)}.json`);
  private readonly logFile = (runId: string) => join(this.folders.logs, `${stem(runId)}.ndjson`);
  private readonly approvalFile = (runId: string) =>
    join(this.folders.approvals, `${stem(runId)}.json`);
  private readonly manifest = (runId: string) =>
    join(this.folders.artifacts, stem(runId), "artifact-manifest.json");
}

/** A file name cannot hold a slash. */
function stem(runId: string): string {
  return runId.replaceAll("/", "_");
}

/** The state files of a folder: what is unfinished is none. */
async function stateFilesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(noneIfAbsent);
  return (names ?? []).filter((name) => /^[^.].*\.json$/.test(name)).sort();
}

async function textIn(file: string): Promise<string | undefined> {
  return readFile(file, "utf8").catch(noneIfAbsent);
}

function noneIfAbsent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}

async function readJson<T>(file: string): Promise<T> {
  return JSON.parse(await readFile(file, "utf8")) as T;
}

/** Written aside first: a reader sees the file as it was or as it is. */
async function writeAside(file: string, text: string): Promise<void> {
  await writeFile(`${file}.tmp`, text);
  await rename(`${file}.tmp`, file);
}
