/**
 * The rollout of worker and web, in either direction; `program.ts` is the Pulumi program's own door. Each layer knows
 * only those before it: `environment`, `placement`, `recovery` and `target` (a service's location and mode), `values/`
 * (its values files), `helm/` (its release), `services` (one of both), `pods/` (drain and wait for pods), `canary/`,
 * `update/` (the checks before everything), and last `worker-drain` and `rollouts`.
 */
export {
  environmentKeys,
  serviceEnvironment,
  type EnvironmentEntry,
  type Service,
} from "./environment";
export { describeFinalPassLeft, findUnfitState } from "./update/cutover";
export { inspectServices } from "./update/inspect";
export { describeApart, describeModes, findLiveModes } from "./update/live";
export type { CanaryInputs } from "./canary/step";
export type { DrainRequestResults } from "./pods/drain-request";
export type {
  DrainInputs,
  DrainResults,
  FinishedDrain,
  PodsReplacedInputs,
  PodsReplacedResults,
} from "./pods/inputs";
export type { ValuesFileInputs } from "./values/provider";
export { mergeValues, parseValues } from "./values/files";
