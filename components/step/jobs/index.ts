/** A step run as a Kubernetes Job, where only the cluster reaches the database. */
export { formatAnswer, parseAnswer, tell } from "./answer";
export { JobError } from "./errors";
export { mergeObjects } from "./manifest";
export { runJob } from "./run";
export { stopOthers, type StopAddress } from "./stop";
export { stateRoot, type JobRequest, type JobTarget } from "./target";
