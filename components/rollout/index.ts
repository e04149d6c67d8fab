/** The rollout of worker and web: their Helm values in a Git checkout, in either mode. */
export {
  connectionSecretRef,
  WebRollout,
  WorkerRollout,
  type RolloutArgs,
  type RolloutSummary,
} from "./component";
export {
  environmentKeys,
  serviceEnvironment,
  type Entry,
  type EnvironmentValue,
  type SecretKeyRef,
  type Service,
} from "./environment";
export { ValuesFileError } from "./errors";
