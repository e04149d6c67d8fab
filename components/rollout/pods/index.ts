/** What happens to a service's pods on a Kubernetes API: drained, and replaced. */
export {
  Drain,
  DrainRequest,
  PodsReplaced,
  type DrainInputs,
  type PodsReplacedInputs,
  type ServiceAddress,
} from "./inputs";
export { rules } from "./rules";
