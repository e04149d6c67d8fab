import { claimOn } from "../claim";

/**
 * The claim `state` of a namespace on a folder of the real node, as a `local` volume: unlike one of the kind
 * `hostPath`, a kubelet gives it to the `fsGroup` of a pod.
 */
export function localClaim(namespace: string, path: string): object[] {
  const here = { key: "kubernetes.io/hostname", operator: "In", values: ["local"] };
  const required = { nodeSelectorTerms: [{ matchExpressions: [here] }] };
  return claimOn(namespace, { local: { path }, nodeAffinity: { required } });
}
