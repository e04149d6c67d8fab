import { defineConfig } from "vitest/config";

/** `make test-node`: apart from the others, because it needs root, and a build of the node's programs takes minutes. */
export default defineConfig({
  test: {
    // What takes longer than a quick look runs with NIGHT=1.
    include: [process.env.NIGHT ? "test/node/*.{live,night}.ts" : "test/node/*.live.ts"],
    globalSetup: "test/pool/setup.ts",
    reporters: ["default", "./tools/vitest/summary.ts"],
    // One node after the other.
    maxWorkers: 1,
    testTimeout: 240_000,
    // A node of two cores has enough to do with so many pods at a time.
    maxConcurrency: 3,
    // The first run builds the node's programs.
    hookTimeout: 3_600_000,
  },
});
