import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Long } from "mongodb";
import { onTestFinished } from "vitest";

/**
 * Files by their names, with a text or with a value that is written as JSON: of a log its lines, of all others
 * the whole.
 */
export type StateFiles = Readonly<Record<string, string | Buffer | object>>;

/** Writes files below a new folder, which goes with the test; the folder's path. */
export async function writeState(files: StateFiles): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "state-"));
  onTestFinished(() => rm(root, { recursive: true }));
  await addFiles(root, files);
  return root;
}

export async function addFiles(root: string, files: StateFiles): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), contentOf(name, content));
  }
}

/** The same with files that were last modified an hour ago: no service is just writing them. */
export async function oldState(files: StateFiles): Promise<string> {
  const root = await writeState(files);
  for (const name of Object.keys(files)) await age(root, name);
  return root;
}

/** Lets a file have been modified so long ago. */
export async function age(root: string, name: string, minutes = 60): Promise<void> {
  const time = new Date(Date.now() - minutes * 60_000);
  await utimes(join(root, name), time, time);
}

/** The same files with their texts. */
export function textsOf<Name extends string>(
  files: Readonly<Record<Name, string | object>>,
): Record<Name, string> {
  const texts = Object.entries<string | object>(files).map(([name, content]) => {
    return [name, String(contentOf(name, content))] as const;
  });
  return Object.fromEntries(texts) as Record<Name, string>;
}

function contentOf(name: string, content: string | Buffer | object): string | Buffer {
  if (typeof content === "string" || Buffer.isBuffer(content)) return content;
  const isLog = Array.isArray(content) && name.endsWith(".ndjson");
  return isLog ? lines(...(content as object[])) : JSON.stringify(content);
}

/** All files below a folder by their name, with their text. */
export async function filesIn(root: string): Promise<Record<string, string>> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const named = files.map(async ({ parentPath, name }) => {
    const path = join(parentPath, name);
    return [path.slice(root.length + 1), await readFile(path, "utf8")] as const;
  });
  return Object.fromEntries((await Promise.all(named)).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The value in a JSON file. */
export async function jsonIn(root: string, file: string): Promise<unknown> {
  return JSON.parse(await readFile(join(root, file), "utf8")) as unknown;
}

/** The fields of a run on disk. */
export function run(runId: string, fields: object = {}) {
  return {
    runId,
    planHash: "sha256:1",
    plan: { name: "release", steps: [{ id: "build" }] },
    failurePolicy: { maxAttempts: 1, backoffSeconds: 0 },
    requestedAt: "2025-11-06T10:00:00+00:00",
    createdAt: "2025-11-06T10:00:01.1234567+00:00",
    updatedAt: "2025-11-06T10:00:02.5Z",
    steps: [{ stepId: "build", status: "Succeeded", attempts: 1 }],
    ...fields,
  };
}

/** The fields of a log line on disk. */
export function logLine(sequence: number, fields: object = {}) {
  return {
    sequence,
    timestamp: "2025-11-06T10:00:01+00:00",
    level: "info",
    eventType: "step.started",
    message: `entry ${sequence}`,
    ...fields,
  };
}

/** A log entry in MongoDB. */
export const entry = (runId: string, sequence: number, fields: object = {}) => ({
  ...logLine(sequence),
  runId,
  sequence: Long.fromNumber(sequence),
  timestamp: new Date("2025-11-06T10:00:01Z"),
  ...fields,
});

/** The fields of an artifact on disk. */
export function artifact(name: string, fields: object = {}) {
  return {
    name,
    type: "file",
    status: "copied",
    capturedAt: "2025-11-06T10:00:01Z",
    ...fields,
  };
}

/** The fields of an approval on disk. */
export function approval(approvalId: string, fields: object = {}) {
  return {
    approvalId,
    requestedAt: "2025-11-06T10:00:01Z",
    status: "pending",
    requiredGrants: ["release"],
    ...fields,
  };
}

/** Objects as the lines of a log, each ended. */
export function lines(...entries: object[]): string {
  return entries.map((entry) => `${JSON.stringify(entry)}\n`).join("");
}

/** A state with every kind of file. */
export const twoRuns = {
  "state/runs/r-1.json": JSON.stringify(run("r-1", { tenantId: "t", extra: { kept: [1, null] } })),
  "state/runs/r-2.json": `\ufeff${JSON.stringify(run("r-2", { tenantId: null }), null, 2)}`,
  "state/approvals/r-1.json": JSON.stringify([approval("gate"), approval("two", { status: 1 })]),
  "logs/runs/r-1.ndjson": lines(
    ...Array.from({ length: 300 }, (_, at) => logLine(at + 1, { metadata: { at: String(at) } })),
  ),
  "logs/runs/r-2.ndjson": lines(logLine(1, { level: "WARN" }), logLine(2, { metadata: { n: 1 } })),
  "artifacts/r-1/artifact-manifest.json": JSON.stringify({
    outputs: [artifact("a"), artifact("b")],
  }),
};
