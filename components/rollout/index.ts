/**
 * The rollout of worker and web, in either mode; `program.ts` is the Pulumi program's own door.
 */
export {
  environmentKeys,
  serviceEnvironment,
  type EnvironmentEntry,
  type Service,
} from "./environment";
export { describeApart, describeModes, findLiveModes } from "./live";
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
