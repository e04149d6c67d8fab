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
export { mergeValues, parseValues } from "./values/files";
