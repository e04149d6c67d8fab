import { existsSync, mkdtempSync, renameSync } from "node:fs";
import { join } from "node:path";
import { inject } from "vitest";
import { bundle } from "../../tools/bundle/bundle";

/**
 * The commands as one file, for `node`: it starts in half the time of the sources, and tests start hundreds
 * of them. The first test file of a run that asks makes it. That it says the same as the sources do has a
 * test of its own (tools/bundle).
 */
export function bundledCommands(): string {
  const folder = inject("commands");
  const file = join(folder, "taskrunner-storage.cjs");
  if (existsSync(file)) return file;
  const made = bundle(mkdtempSync(join(folder, "made-")));
  // Another file may make it at the same time: whoever reads it finds a whole one.
  renameSync(made, file);
  return file;
}
