import { defineConfig } from "vitest/config";

/** `make test-autoscalers`: apart from the others, because a build of KEDA takes minutes. */
export default defineConfig({
  test: {
    include: ["test/autoscalers/*.live.ts"],
    globalSetup: "test/pool/setup.ts",
    // One control plane after the other.
    maxWorkers: 1,
    testTimeout: 120_000,
    // The first run builds KEDA.
    hookTimeout: 3_600_000,
  },
});
