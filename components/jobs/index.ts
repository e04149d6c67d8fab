/** One command of ours, run as a Kubernetes Job where the cluster alone reaches the database. */
export { rules } from "./api";
export { JobError } from "./errors";
export { runJob } from "./run";
export { jobStep } from "./step";
export { stopOthers } from "./stop";
export { stateRoot, type JobCommand, type JobTarget } from "./target";
