import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { RunRecord } from "./records";

/** A job that waits. */
export interface Job {
  readonly name: string;
  readonly runId: string;
  /** The run as it was submitted on files, with its plan and no step begun; from elsewhere only its id is known. */
  readonly run?: RunRecord;
}

/** The jobs of services that are fed by files: web writes one, and the worker moves it to `archive/` once it took it. */
export class Queue {
  private readonly submitted = new Map<string, RunRecord>();

  /**
   * @param folder made if it is not there
   * @param jobs what the next job's number, by which the worker takes them, follows; of two processes they are apart
   * @param endings the ends of the jobs' names, which take turns
   */
  constructor(
    private readonly folder: string,
    private jobs = 0,
    private readonly endings: readonly string[] = [".json"],
  ) {}

  /** Writes a job of a run that is submitted, or of which an approval is decided. */
  async add(run: RunRecord | string): Promise<void> {
    if (typeof run !== "string") this.submitted.set(run.runId, run);
    const runId = typeof run === "string" ? run : run.runId;
    const job = { runId, run: this.submitted.get(runId) };
    await mkdir(this.folder, { recursive: true });
    const ending = this.endings[(this.jobs += 1) % this.endings.length] ?? "";
    const file = join(this.folder, `${String(this.jobs).padStart(6, "0")}${ending}`);
    await writeFile(`${file}.tmp`, JSON.stringify(job));
    await rename(`${file}.tmp`, file);
  }

  /** The job that is first by name. */
  async first(): Promise<Job | undefined> {
    const [name] = await this.names();
    if (name === undefined) return undefined;
    return this.read(name);
  }

  async archive({ name }: Job): Promise<void> {
    await mkdir(join(this.folder, "archive"), { recursive: true });
    await rename(join(this.folder, name), join(this.folder, "archive", name));
  }

  /** Somebody moves an archived job back. */
  async bringBack(file: string): Promise<void> {
    const name = basename(file);
    await rename(join(this.folder, "archive", name), join(this.folder, name));
  }

  /** The jobs of a run go with it. */
  async delete(runId: string): Promise<void> {
    for (const name of await this.names()) {
      if ((await this.read(name)).runId === runId) await rm(join(this.folder, name));
    }
  }

  private async read(name: string): Promise<Job> {
    const text = await readFile(join(this.folder, name), "utf8");
    return { ...(JSON.parse(text) as Omit<Job, "name">), name };
  }

  private async names(): Promise<string[]> {
    const entries = await readdir(this.folder, { withFileTypes: true }).catch(() => []);
    const jobs = entries.filter((entry) => entry.isFile() && !entry.name.endsWith(".tmp"));
    return jobs.map(({ name }) => name).sort();
  }
}
