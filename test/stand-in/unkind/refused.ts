import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { defaultFolders } from "../../../components/contract";
import type { Random } from "../../../tools/sample/random";
import { toFile } from "../form";
import { hasRunEnded, type RunRecord } from "../records";
import type { Store } from "../store";
import type { RoughWriter } from "./rough-writer";

/** So many finished runs that one that is refused is less than one per cent, which a cutover accepts. */
const finishedRuns = 120;

/** Records that services wrote, and that nobody can import. */
export class Refused {
  /** Runs from before the walk, which have ended. */
  readonly earlier: ReadonlySet<string> = new Set(
    Array.from({ length: finishedRuns }, (_, at) => `earlier-${at}`),
  );

  constructor(
    private readonly root: string,
    private readonly files: Store,
    private readonly writer: RoughWriter,
  ) {}

  /** Fills the state directory with runs that have ended. */
  async fill(): Promise<void> {
    const moment = "2025-11-05T10:00:00.0000000+00:00";
    const step = { stepId: "build", kind: "Run", enabled: true, continueOnError: false };
    const run = {
      planHash: "sha256:earlier",
      plan: { name: "mirror", steps: [{ id: "build", failures: 0 }] },
      failurePolicy: { maxAttempts: 2, backoffSeconds: 0 },
      requestedAt: moment,
      createdAt: moment,
      updatedAt: moment,
      steps: [{ ...step, status: "Succeeded", attempts: 1 }],
    };
    for (const runId of this.earlier) {
      const file = this.fileOf("runs", runId);
      await mkdir(dirname(file), { recursive: true });
      const written = toFile(this.writer.form, { runId, ...run } as RunRecord);
      await writeFile(file, JSON.stringify(written));
    }
  }

  /** A run that has ended, or the approvals of a run that has not, become such a record; says which. */
  async act(random: Random): Promise<string> {
    const all = (await this.files.runs()).filter(({ runId }) => !this.earlier.has(runId));
    const ended = all.filter(hasRunEnded).map(({ runId }) => runId);
    const decided: string[] = [];
    for (const run of all.filter((one) => !hasRunEnded(one))) {
      if (await this.isDecided(run)) decided.push(run.runId);
    }
    const [role, runIds] = random.pick([
      ["runs", ended],
      ["approvals", decided],
    ] as const);
    if (runIds.length === 0) return "nothing";
    const runId = random.pick(runIds);
    await this.refuse(this.fileOf(role, runId));
    return `${role} of ${runId}`;
  }

  private async isDecided({ runId }: RunRecord): Promise<boolean> {
    return (await this.files.approvals(runId)).some(({ status }) => status !== "pending");
  }

  /** Runs and approvals have this moment, which no service reads. */
  private async refuse(file: string): Promise<void> {
    const text = await readFile(file, "utf8");
    this.writer.broken.set(file, text);
    await writeFile(file, text.replace('"requestedAt": "', '"requestedAt": "about '));
  }

  private readonly fileOf = (role: "runs" | "approvals", runId: string) =>
    join(this.root, defaultFolders[role], `${runId.replaceAll("/", "_")}.json`);
}
