import { defineConfig } from "vitest/config";

/** Tests of pure modules, without those that take seconds to draw thousands of cases. None of them starts anything. */
export default defineConfig({
  test: {
    include: [
      "test/cluster/kubernetes/{confirmed,operator,uri}.test.ts",
      "test/contract/*.test.ts",
      "test/jobs/{answer,pod-template}.test.ts",
      "test/migration/{commands,diff,index-changes,words}.test.ts",
      "test/review/{comment,consequences,direction,markdown,screen,secrets}.test.ts",
      "test/rollout/{environment,worker-stopped}.test.ts",
      "test/rollout/canary/{pod,verdict}.test.ts",
      "test/rollout/helm/{lost-values,nulls,passwords,releases,rendered}.test.ts",
      "test/rollout/pods/{live-mode,refusals,words}.test.ts",
      "test/rollout/values/{changed-file,on-top,words}.test.ts",
      "test/settings/!(schema).test.ts",
      "test/transfer/{merge,records,state-words,words}.test.ts",
      "test/transfer/forms/{compare,words}.test.ts",
      "test/transfer/stages/{batch,check,convert,log-id,sequence,step-forms}.test.ts",
      "test/transfer/values/*.test.ts",
    ],
    isolate: false,
    setupFiles: ["test/restored.ts"],
  },
});
