/**
 * The claim `state` of a namespace on a folder of the real node, as a `local` volume: unlike one of the kind
 * `hostPath`, a kubelet gives it to the `fsGroup` of a pod.
 */
export function localClaim(namespace: string, path: string): object[] {
  const shared = { accessModes: ["ReadWriteOnce"], storageClassName: "" };
  const capacity = { storage: "1Gi" };
  const name = `state-of-${namespace}`;
  const here = { key: "kubernetes.io/hostname", operator: "In", values: ["local"] };
  const required = { nodeSelectorTerms: [{ matchExpressions: [here] }] };
  return [
    {
      apiVersion: "v1",
      kind: "PersistentVolume",
      metadata: { name },
      spec: { ...shared, capacity, local: { path }, nodeAffinity: { required } },
    },
    {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name: "state", namespace },
      spec: { ...shared, volumeName: name, resources: { requests: capacity } },
    },
  ];
}
