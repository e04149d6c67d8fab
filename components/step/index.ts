/** What a step is, and the dynamic provider of one; `program.ts` is the Pulumi program's own door. */
export { kind, type StepKind } from "./kind";
export { providerOf } from "./provider";
export { Unfinished, type MongoInputs, type StateOf, type Step, type StepInputs } from "./step";
export { jobNameOf, workInPod, type AnyStep, type StepRequest } from "./work";
