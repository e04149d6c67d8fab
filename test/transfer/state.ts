import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";

/** Writes files below a new folder, which goes with the test; the folder's path. */
export async function writeState(
  files: Readonly<Record<string, string | Buffer>>,
): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "state-"));
  onTestFinished(() => rm(root, { recursive: true }));
  await addFiles(root, files);
  return root;
}

export async function addFiles(
  root: string,
  files: Readonly<Record<string, string | Buffer>>,
): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), content);
  }
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
