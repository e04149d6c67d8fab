/**
 * What Stryker changes, and how much of it tests have to notice, in per cent. `pure`: answers follow from arguments, and
 * no test needs a server. `server`: tests share a MongoDB server of the pool. `test/breaks` has what a change in this
 * process cannot show.
 */
export const scopes = {
  pure: {
    files: [
      "components/cluster/kubernetes/spec.ts",
      "components/contract/{finding,schema,secrets,text,validator}.ts",
      "components/migration/planner/{canonical,change,commands,diff,index-spec}.ts",
      "components/review/safe/*.ts",
      "components/rollout/canary/verdict.ts",
      "components/rollout/environment.ts",
      "components/rollout/helm/rendered.ts",
      "components/rollout/pods/live-mode.ts",
      "components/settings/{connection-rules,derived,forms,problems,rules,uri}.ts",
      "components/settings/cluster/*.ts",
      "components/state/{check,convert,json,step-forms}.ts",
      "components/step/jobs/{answer,manifest}.ts",
      "components/transfer/forms/compare.ts",
      "components/transfer/merge.ts",
    ],
    least: 60,
  },
  server: {
    files: ["components/{ledger,migration,state,transfer}/**/!(program|provider).ts"],
    least: 50,
  },
};
