import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Records of 1 MiB: log lines of one long text, and runs whose plan has thousands of steps. */
const manyLines = 64;
const manyRuns = 32;

const mebibyte = 1024 * 1024;

/** A document has some fields beside its one long text. */
const besideText = 512;

/**
 * Writes a state directory of large records.
 *
 * @param kind `many` of 1 MiB, or `one` of 16 MiB, the largest that MongoDB takes
 * @returns the number of its records
 */
export async function writeLarge(root: string, kind: "many" | "one"): Promise<number> {
  await mkdir(join(root, "logs/runs"), { recursive: true });
  await mkdir(join(root, "state/runs"), { recursive: true });
  const log = join(root, "logs/runs/large.ndjson");
  if (kind === "one") {
    await writeFile(log, line(1, 16 * mebibyte));
    return 1;
  }
  const lines = Array.from({ length: manyLines }, (_one, at) => line(at + 1, mebibyte));
  await writeFile(log, lines.join(""));
  for (let number = 1; number <= manyRuns; number += 1) {
    await writeFile(join(root, `state/runs/large-${number}.json`), run(`large-${number}`));
  }
  return manyLines + manyRuns;
}

const moment = "2025-11-06T12:00:00.0001234+00:00";

function line(sequence: number, bytes: number): string {
  const message = "m".repeat(bytes - besideText);
  const fields = { timestamp: moment, level: "info", eventType: "step.output", message };
  return `${JSON.stringify({ sequence, ...fields })}\n`;
}

function run(runId: string): string {
  const step = {
    id: "build",
    image: "registry/build:1",
    env: { NAME: "value" },
    list: [1, 2, 3.5],
  };
  const steps = Math.floor((mebibyte - besideText) / (JSON.stringify(step).length + 1));
  return JSON.stringify({
    runId,
    planHash: "sha256:0",
    plan: { steps: Array.from({ length: steps }, () => step) },
    failurePolicy: {},
    requestedAt: moment,
    createdAt: moment,
    updatedAt: moment,
    steps: [],
  });
}
