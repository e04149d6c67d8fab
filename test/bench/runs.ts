import { appendFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Long, ObjectId, type Db } from "mongodb";
import pLimit from "p-limit";
import { defaultNames } from "./sides";

/** A run of 4 KB, 20 log lines, 2 artifacts and 1 approval. */
const logLines = 20;
const planSteps = 28;
const filesAtOnce = 32;
const firstMoment = Date.UTC(2025, 10, 6);

/** One run in this many is unfinished. */
const runsPerUnfinished = 100;

/**
 * Writes a state directory.
 *
 * @param kind `whole`: with log, artifacts and approvals; `tiny`: only a run's own file, of 200 bytes
 */
export async function writeRuns(root: string, count: number, kind: "whole" | "tiny") {
  const folders = ["state/runs", "state/approvals", "logs/runs", "artifacts"];
  for (const folder of folders) await mkdir(join(root, folder), { recursive: true });
  await inTurn(count, async (number) => {
    if (kind === "tiny") await writeFile(runFile(root, number), runText(number, 0, 0));
    else await writeWhole(root, number);
  });
}

async function writeWhole(root: string, number: number): Promise<void> {
  const runId = runIdOf(number);
  const lines = Array.from({ length: logLines }, (_one, at) => logLine(number, at + 1));
  await mkdir(join(root, "artifacts", runId));
  await Promise.all([
    writeFile(runFile(root, number), runText(number, planSteps, 0)),
    writeFile(logFile(root, number), lines.join("")),
    writeFile(join(root, "artifacts", runId, "artifact-manifest.json"), manifest(number)),
    writeFile(join(root, "state/approvals", `${runId}.json`), approvals(number)),
  ]);
}

/**
 * Changes some runs on disk, spread over all: their own record, and one more log line.
 *
 * @param round the number of the change, from 1
 */
export async function changeOnDisk(root: string, changed: readonly number[], round: number) {
  for (const number of changed) {
    await writeFile(runFile(root, number), runText(number, planSteps, round));
    await appendFile(logFile(root, number), logLine(number, logLines + round));
  }
}

/** The same change in MongoDB, as a service makes it. */
export async function changeInMongo(db: Db, changed: readonly number[], round: number) {
  const operations = changed.map((number) => {
    const $set = { updatedAt: new Date() };
    return { updateOne: { filter: { _id: runIdOf(number) as never }, update: { $set } } };
  });
  await db.collection(defaultNames.collections.runs).bulkWrite(operations, { ordered: false });
  const entries = changed.map((number) => {
    const { sequence, ...rest } = logFields(number, logLines + round);
    const timestamp = new Date(momentOf(number, logLines + round));
    const runId = runIdOf(number);
    return { _id: new ObjectId(), runId, ...rest, sequence: Long.fromNumber(sequence), timestamp };
  });
  await db.collection(defaultNames.collections.logs).insertMany(entries, { ordered: false });
}

/** Numbers of runs, spread evenly. */
export function spread(runs: number, count: number, offset: number): number[] {
  const distance = Math.floor(runs / count);
  return Array.from({ length: count }, (_one, at) => at * distance + (offset % distance));
}

async function inTurn(count: number, work: (number: number) => Promise<void>): Promise<void> {
  const limit = pLimit(filesAtOnce);
  for (let first = 0; first < count; first += 1_000) {
    const numbers = Array.from(
      { length: Math.min(1_000, count - first) },
      (_one, at) => first + at,
    );
    await limit.map(numbers, work);
  }
}

function runIdOf(number: number): string {
  return `run-${String(number).padStart(7, "0")}`;
}

function runFile(root: string, number: number): string {
  return join(root, "state/runs", `${runIdOf(number)}.json`);
}

function logFile(root: string, number: number): string {
  return join(root, "logs/runs", `${runIdOf(number)}.ndjson`);
}

/** In ms since 1970. */
function momentOf(number: number, seconds: number): number {
  return firstMoment + number * 1_000 + seconds * 1_000;
}

function textOf(number: number, seconds: number): string {
  return textAt(momentOf(number, seconds));
}

function textAt(moment: number): string {
  return new Date(moment).toISOString().replace("Z", "0000+00:00");
}

function runText(number: number, steps: number, round: number): string {
  const step = (at: number) => ({
    id: `build-${String(at)}`,
    image: `registry/build:${String(at)}`,
    env: { NAME: "value", ATTEMPT: String(number % 3) },
  });
  return JSON.stringify({
    runId: runIdOf(number),
    planHash: `sha256:${String(number)}`,
    plan: { steps: Array.from({ length: steps }, (_one, at) => step(at)) },
    failurePolicy: { maxAttempts: 3 },
    requestedAt: textOf(number, 0),
    createdAt: textOf(number, 1),
    updatedAt: round === 0 ? textOf(number, 30) : textAt(Date.now()),
    steps: Array.from({ length: Math.ceil(steps / 3) }, (_one, at) => ({
      stepId: `build-${String(at)}`,
      status: at === 0 && number % runsPerUnfinished === 0 ? "Running" : "Succeeded",
      attempts: 1,
    })),
  });
}

function logFields(number: number, sequence: number) {
  return {
    sequence,
    level: "info",
    eventType: "step.output",
    message: `Step ${String(sequence)}: resolved image digest policy scan layer signed pushed`,
    stepId: `build-${String(sequence)}`,
    metadata: { attempt: "1", worker: `worker-${String(number % 8)}` },
  };
}

function logLine(number: number, sequence: number): string {
  const timestamp = textOf(number, sequence);
  return `${JSON.stringify({ ...logFields(number, sequence), timestamp })}\n`;
}

function manifest(number: number): string {
  const output = (name: string) => ({
    name,
    type: "file",
    sourcePath: `/var/lib/taskrunner/work/${name}`,
    storedPath: `artifacts/${name}`,
    status: "copied",
    capturedAt: textOf(number, 20),
  });
  const outputs = ["report", "image"].map(output);
  return JSON.stringify({ runId: runIdOf(number), uploadedAt: textOf(number, 25), outputs });
}

function approvals(number: number): string {
  const approval = {
    runId: runIdOf(number),
    approvalId: "release",
    requestedAt: textOf(number, 2),
    status: "approved",
    requiredGrants: ["release"],
    stepIds: ["build-1"],
  };
  return JSON.stringify([approval]);
}
