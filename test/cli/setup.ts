import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    /** The folder of a run for the commands as one file. */
    readonly commands: string;
  }
}

/** Gives a run a folder for the commands as one file (`bundled.ts`), which goes with the run. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), "commands-"));
  project.provide("commands", folder);
  return () => rm(folder, { recursive: true });
}
