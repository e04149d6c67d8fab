import { readFile, rm, writeFile } from "node:fs/promises";
import { z } from "zod";
import { programNames } from "./names";
import type { Places } from "./places";

/** What runs of a control plane, in the order in which it was started. */
const runningNote = z.object({
  /** The API server's, on 127.0.0.1. */
  port: z.int(),
  programs: z.array(z.object({ name: z.enum(programNames), pid: z.int() })).readonly(),
});
export type RunningNote = z.infer<typeof runningNote>;

/** Notes in the control plane's folder what runs, so that a later command finds it. */
export async function writeNote(places: Places, note: RunningNote): Promise<void> {
  await writeFile(places.running, `${JSON.stringify(note)}\n`);
}

/** What was started the last time; undefined if it was stopped. It may have ended since. */
export async function readNote(places: Places): Promise<RunningNote | undefined> {
  const text = await readFile(places.running, "utf8").catch(() => undefined);
  return text === undefined ? undefined : runningNote.parse(JSON.parse(text));
}

export async function removeNote(places: Places): Promise<void> {
  await rm(places.running, { force: true });
}
