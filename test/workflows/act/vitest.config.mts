import { defineConfig } from "vitest/config";

/** `make test-workflows`: apart from the others, because each run of a workflow takes minutes. */
export default defineConfig({
  test: { include: ["test/workflows/act/*.act.ts"], globalSetup: "test/pool/setup.ts" },
});
