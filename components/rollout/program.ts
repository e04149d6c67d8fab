/** The rollout for the Pulumi program: the first checks, the services, the canary, the drain, and both rollouts. */
export { Update } from "./update/component";
export { Services } from "./services";
export { Canary } from "./canary/component";
export { WorkerDrain } from "./worker-drain";
export { WebRollout, WorkerRollout } from "./rollouts";
