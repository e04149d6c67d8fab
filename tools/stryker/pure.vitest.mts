import { defineConfig } from "vitest/config";

/** The tests beside the pure modules, without those that take seconds. They start nothing. */
export default defineConfig({
  test: {
    include: [
      "test/cluster/kubernetes/{confirmed,operator,uri}.test.ts",
      "test/contract/*.test.ts",
      "test/jobs/{answer,pod-template}.test.ts",
      "test/migration/{commands,diff,index-changes,words}.test.ts",
      "test/review/{markdown,secrets}.test.ts",
      "test/rollout/environment.test.ts",
      "test/rollout/canary/verdict.test.ts",
      "test/rollout/helm/rendered.test.ts",
      "test/rollout/pods/decision.test.ts",
      "test/settings/!(schema).test.ts",
      "test/text/*.test.ts",
      "test/transfer/merge.test.ts",
      "test/transfer/forms/compare.test.ts",
      "test/state/{check,convert,json,keys,sequence,step-forms}.test.ts",
    ],
    isolate: false,
    setupFiles: ["test/restored.ts"],
  },
});
