/** A step run as a Kubernetes Job, if only the cluster reaches the database. */
export { formatAnswer, parseAnswer, reportFindings, reportLine } from "./answer";
export {
  mergeObjects,
  stateRoot,
  type JobRequest,
  type JobTarget,
  type StopAddress,
} from "./manifest";
export { JobError, runJob, stopOthers } from "./run";
