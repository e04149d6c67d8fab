import { resolve } from "node:path";
import { defineConfig } from "vitest/config";
import { Sequencer } from "../tools/vitest/sequencer.mjs";

const areBuilding = process.env.TEST_PARTS === "building";

export default defineConfig({
  root: resolve(import.meta.dirname, ".."),
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/pool/setup.ts", "test/cli/setup.ts"],
    // Modules are loaded once for all files of a worker, which saves a fifth of a run's CPU. So a test
    // replaces a function by `vi.spyOn`, which reaches modules that are there already; `vi.mock` does not.
    isolate: false,
    setupFiles: ["test/restored.ts"],
    sequence: { sequencer: Sequencer },
    // A third of the time a test waits: for an engine, a server, a control plane. So three files keep
    // two cores busy. Where all files have one server (test/pool), they have it one after the other.
    maxWorkers: process.env.TEST_MONGODB_URI ? 1 : 3,
    // For a test that hangs, not for one that is slow: both cores are busy.
    testTimeout: 60_000,
    // A file that needs a part waits for it while it is built (tools/vitest/run.ts).
    hookTimeout: areBuilding ? 3_600_000 : 120_000,
  },
});
