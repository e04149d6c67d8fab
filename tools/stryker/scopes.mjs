/**
 * What Stryker changes: the `files`, with the tests of `TESTS.vitest.mts`, and the `least` share of changes that they have
 * to notice, in per cent. `pure` and `rules` follow from their arguments, and no test needs a server; what reaches the
 * share of `pure` moves there. `server`: tests share a MongoDB server of the pool. `test/breaks` has what a change in
 * this process cannot show.
 */
export const scopes = {
  pure: {
    tests: "pure",
    files: [
      "components/rollout/environment.ts",
      "components/rollout/helm/rendered.ts",
      "components/rollout/pods/decision.ts",
      "components/text/{finding,format}.ts",
      "components/transfer/merge.ts",
    ],
    least: 92,
  },
  rules: {
    tests: "pure",
    files: [
      "components/cluster/kubernetes/spec.ts",
      "components/contract/{schema,validator}.ts",
      "components/migration/planner/{canonical,change,commands,diff,index-spec}.ts",
      "components/review/safe/*.ts",
      "components/rollout/canary/verdict.ts",
      "components/settings/{connection-rules,derived,forms,problems,rules,uri}.ts",
      "components/settings/cluster/*.ts",
      "components/state/{convert,format-json,json,number,step-forms}.ts",
      "components/step/jobs/{answer,manifest}.ts",
      "components/text/secrets.ts",
      "components/transfer/forms/compare.ts",
    ],
    least: null,
  },
  server: {
    tests: "server",
    files: [
      "components/{ledger,migration,state,transfer}/**/!(expiry-components|preview|program|provider).ts",
    ],
    least: null,
  },
};
