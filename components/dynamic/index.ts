export { after } from "./after";
/** What all providers of dynamic resources share; `program` has the resources. */
export { childOf } from "./child";
export { countCutover, countCutoverByUri, type CountedInputs, type CutoverInputs } from "./cutover";
export { mongoSide, type Applied, type MongoSideInputs, type MongoSideLogic } from "./mongo-side";
export { UnfinishedStep } from "./unfinished";
