/**
 * The rollout for the Pulumi program: the services, the worker's drain, and both rollouts; and what a
 * release that holds both services has beside them.
 */
export { Services, WebRollout, WorkerDrain, WorkerRollout } from "./component";
export type { RolloutSummary, ServicesArgs } from "./target";
export { serviceModes, type ServiceModes } from "./step/modes";
export { releaseStepOf, type ReleaseStep } from "./step/resource";
