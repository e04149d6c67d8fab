export { after } from "./after";
/** Dynamic resources: the shim that Pulumi serialises, and what all providers share. */
export { childOf } from "./child";
export { countCutover, countCutoverByUri, type CountedInputs, type CutoverInputs } from "./cutover";
export { mongoSide, type Applied, type MongoSideInputs, type MongoSideLogic } from "./mongo-side";
export { shim } from "./shim";
export { UnfinishedStep } from "./unfinished";
