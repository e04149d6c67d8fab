/** The type of a step, and its dynamic provider; `program.ts` is the Pulumi program's own door. */
export { interrupted } from "./interruption";
export {
  findPlugin,
  installHint,
  installPlugin,
  mayDownload,
  pluginsOf,
  type Plugin,
} from "./plugins";
export { providerOf } from "./provider";
export {
  gateStaysOpen,
  hyphenated,
  kind,
  onlyInstance,
  Unfinished,
  unknownValue,
  type MongoInputs,
  type OncePerCutover,
  type StateOf,
  type Step,
  type StepInputs,
} from "./step";
export { formatAnswer, parseAnswer, reportFindings, reportLine } from "./jobs";
export { workInPod, type AnyStep, type StepRequest } from "./work";
