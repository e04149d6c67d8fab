/** Versions of downloads and builds; tools/go and tools/python pin the rest. */
export const versions = {
  pulumi: "v3.274.1",
  oldestPulumi: "3.200.0",
  /**
   * The newest in the Go module proxy; it works with the CLI above. It passes `protect: false` on as if it were absent,
   * so that no engine test with it can prove what a protected component leaves out. The CLI's own host does not.
   */
  languageHost: "v3.68.0",
  /**
   * The plugin of the npm package @pulumi/kubernetes, of the same version: the newest with sources in the Go
   * module proxy. Before an upgrade: from 4.29 on, plugins refuse to create an object that exists unless
   * `upsertExistingObjects` is set (pulumi-kubernetes#2926); from 4.30 on, they pass nulls in values to Helm
   * (#2997).
   */
  kubernetesPlugin: "v4.25.0",
  /** That version's commit, because the provider's module has no tags. */
  kubernetesPluginCommit: "f47bc2d6f199",
  mongod: "8.2.6",
  /** `prepareUnique` and other forms of `collMod` need MongoDB 6.0. */
  oldestMongod: "6.0.0",
  mongosh: "2.12.0",
  oldestMongosh: "2.0.0",
  secantusdb: "0.7.0b3",
  oldestPython: "3.11",
  kubernetes: "v1.36.1",
  oldestKubernetes: "1.31.0",
  etcd: "v3.6.8",
  oldestEtcd: "3.5.0",
  /** One on PATH must be as new, because its stages are used, too. */
  kwok: "v0.8.0",
  /** The kubelet of Kubernetes 1.36 needs containerd 2. */
  containerd: "v2.4.2",
  cni: "v1.10.0",
  runc: "v1.5.3",
  /** The newest in the Go module proxy. */
  kubeRouter: "v2.1.0",
  helm: "v3.22.0",
  /** Tested by KEDA on Kubernetes 1.34 to 1.36. */
  keda: "v2.21.0",
  actionlint: "v1.7.12",
  mermaid: "11.17.2",
  act: "v0.2.89",
  /** The last version as module `code.gitea.io/gitea`; later ones need modules of gitea.dev. */
  gitea: "v1.26.0",
} as const;

/** Whether a dotted version, with or without a leading `v`, is at least another. */
export function atLeast(version: string, oldest: string): boolean {
  const have = numbers(version);
  const want = numbers(oldest);
  for (const [place, wanted] of want.entries()) {
    const found = have[place] ?? 0;
    if (found !== wanted) return found > wanted;
  }
  return true;
}

function numbers(version: string): number[] {
  return version.replace(/^v/, "").split(/[.+-]/).slice(0, 3).map(Number);
}
