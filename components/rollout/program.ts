/** The rollout for the Pulumi program: the services, the worker's drain, and both rollouts. */
export { Services, WebRollout, WorkerDrain, WorkerRollout } from "./component";
export type { RolloutSummary, ServicesArgs } from "./target";
