/** A step run as a Kubernetes Job, if only the cluster reaches the database. */
export { formatAnswer, parseAnswer, tell } from "./answer";
export { mergeObjects } from "./manifest";
export { runJob, stopOthers } from "./run";
export { JobError, stateRoot, type JobRequest, type JobTarget, type StopAddress } from "./target";
