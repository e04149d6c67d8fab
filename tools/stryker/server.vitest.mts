import { defineConfig } from "vitest/config";

/**
 * Tests that need a MongoDB server at most. Left out are those that kill a process of their own, which knows nothing of a
 * change in this one, and those that take a minute.
 */
export default defineConfig({
  test: {
    include: ["test/{ledger,migration,mongo,state,transfer}/**/*.test.ts"],
    exclude: [
      "test/transfer/{as-jobs,export-kill,kill,race,server-restart}.test.ts",
      "test/state/{hashes,list,read}.test.ts",
    ],
    globalSetup: ["test/pool/setup.ts", "test/cli/setup.ts"],
    isolate: false,
    setupFiles: ["test/restored.ts"],
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
