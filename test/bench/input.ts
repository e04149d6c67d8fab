import { createWriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createRandom, type Random } from "../../tools/sample/random";

const seed = 20_251_106;
const linesInChunk = 1_000;
const levels = ["trace", "debug", "info", "info", "info", "warn", "error"] as const;
const events = ["step.started", "step.output", "step.completed", "artifact.captured"] as const;
const words = [
  "resolved",
  "image",
  "digest",
  "policy",
  "scan",
  "layer",
  "signed",
  "pushed",
] as const;

/** The path of an input's only log in its state directory. */
export const logFile = "logs/runs/bench.ndjson";

/**
 * Writes a state directory with one log; the same number of lines gives the same log.
 *
 * @returns its size in bytes
 */
export async function writeInput(root: string, lines: number): Promise<number> {
  const file = join(root, logFile);
  await mkdir(join(root, "logs/runs"), { recursive: true });
  const output = createWriteStream(file);
  await pipeline(Readable.from(chunks(lines)), output);
  return output.bytesWritten;
}

function* chunks(lines: number): Generator<string> {
  const random = createRandom(seed);
  for (let first = 1; first <= lines; first += linesInChunk) {
    const many = Math.min(linesInChunk, lines - first + 1);
    yield Array.from({ length: many }, (_one, at) => `${line(first + at, random)}\n`).join("");
  }
}

/** A line of about 260 bytes, as the services write it. */
function line(sequence: number, random: Random): string {
  const step = random.between(1, 40);
  const said = Array.from({ length: random.between(3, 12) }, () => random.pick(words)).join(" ");
  const moment = new Date(Date.UTC(2025, 10, 6) + sequence * 37).toISOString();
  return JSON.stringify({
    sequence,
    timestamp: moment.replace("Z", "1234+00:00"),
    level: random.pick(levels),
    eventType: random.pick(events),
    message: `Step ${step}: ${said}`,
    stepId: `build-${step}`,
    metadata: { attempt: String(random.between(1, 3)), worker: `worker-${random.between(1, 8)}` },
  });
}
