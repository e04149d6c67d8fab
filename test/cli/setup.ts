import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { bundle } from "../../tools/bundle/bundle";

declare module "vitest" {
  interface ProvidedContext {
    /** The commands as one file, for `node`. */
    readonly commands: string;
  }
}

/**
 * Bundles the commands once for a run: the file starts in half the time of the sources, and tests start
 * hundreds of them. That it says the same as the sources do has a test of its own (tools/bundle).
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), "commands-"));
  project.provide("commands", await bundle(folder));
  return () => rm(folder, { recursive: true });
}
