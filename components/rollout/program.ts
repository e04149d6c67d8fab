/** The rollout for the Pulumi program: what comes first, the services, the drain, and both rollouts. */
export { Services, WebRollout, WorkerDrain, WorkerRollout } from "./component";
export type { RolloutSummary, ServicesArgs } from "./target";
export { Update } from "./update/update";
