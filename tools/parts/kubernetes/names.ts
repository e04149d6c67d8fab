/** The names of the programs of a control plane, and of its client. */
export const programNames = [
  "etcd",
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
  "kubectl",
  "kwok",
] as const;

/** One program of a control plane, or its client. */
export type ProgramName = (typeof programNames)[number];
