/** The rollout for the Pulumi program: what comes first, the services, the canary, the drain, and both rollouts. */
export { Services, Update, WebRollout, WorkerDrain, WorkerRollout } from "./component";
export { Canary } from "./canary/component";
