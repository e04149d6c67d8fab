/** The claim `state` of a namespace, on a volume of a source. */
export function claimOn(namespace: string, source: object, accessMode = "ReadWriteOnce"): object[] {
  const shared = { accessModes: [accessMode], storageClassName: "" };
  const capacity = { storage: "1Gi" };
  const name = `state-of-${namespace}`;
  return [
    {
      apiVersion: "v1",
      kind: "PersistentVolume",
      metadata: { name },
      spec: { ...shared, capacity, ...source },
    },
    {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name: "state", namespace },
      spec: { ...shared, volumeName: name, resources: { requests: capacity } },
    },
  ];
}
