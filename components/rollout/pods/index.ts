/** What happens to a service's pods on a Kubernetes API: drained, and replaced. */
export type { DrainInputs, PodsReplacedInputs, ServiceAddress } from "./inputs";
export { DrainResource, PodsReplacedResource } from "./resources";
export { rules } from "./rules";
