import { defineConfig } from "vitest/config";

/** `make test-atlas`: apart from the others, because few machines have the plugin, and it waits for minutes. */
export default defineConfig({
  test: {
    include: ["test/atlas/*.live.ts"],
    globalSetup: "test/pool/setup.ts",
    maxWorkers: 1,
    testTimeout: 1_200_000,
    hookTimeout: 900_000,
  },
});
