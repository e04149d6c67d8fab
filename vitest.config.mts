import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: "test/pool/setup.ts",
    // Most of the time a test waits: for an engine, a server, a control plane. Where all files have
    // one server (test/server.ts), they have it one after the other.
    maxWorkers: process.env.TEST_MONGODB_URI ? 1 : 2,
    testTimeout: 20_000,
    hookTimeout: 120_000,
  },
});
