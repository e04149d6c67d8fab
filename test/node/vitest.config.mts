import { defineConfig } from "vitest/config";

/** `make test-node`: apart from the others, because it needs root, and a build of the node's programs takes minutes. */
export default defineConfig({
  test: {
    include: ["test/node/*.live.ts"],
    globalSetup: "test/pool/setup.ts",
    reporters: ["default", "./tools/vitest/summary.ts"],
    // Two nodes at a time: most of the time they are waited for.
    maxWorkers: 2,
    testTimeout: 240_000,
    // A node of two cores has enough to do with so many pods at a time.
    maxConcurrency: 3,
    // The first run builds the node's programs.
    hookTimeout: 3_600_000,
  },
});
