import { readFileSync } from "node:fs";
import { join } from "node:path";
import { dependencies } from "../../package.json";
import { repository } from "./repository";

/** What is built has the version that its pin has, so that who updates the pin updates all. */
function pinned(file: string, name: string): string {
  const text = readFileSync(join(repository, "tools", file), "utf8");
  const line = text.split("\n").find((one) => one.includes(`${name} `) || one.startsWith(name));
  const version = /(?: v|==)(\S+)/.exec(line ?? "")?.[1];
  if (version === undefined) throw new Error(`tools/${file} has no version of ${name}`);
  return version;
}

const inModule = (module: string, path: string) => `v${pinned(`go/${module}/go.mod`, path)}`;

/** Versions of downloads and builds; tools/go and tools/python pin what is built. */
export const versions = {
  pulumi: inModule("pulumi", "github.com/pulumi/pulumi/pkg/v3"),
  oldestPulumi: "3.200.0",
  /**
   * The newest in the Go module proxy; it works with the CLI above. It passes `protect: false` on as if it were absent,
   * so that no engine test with it can prove what a protected component leaves out. The CLI's own host does not.
   */
  languageHost: inModule("pulumi-language-nodejs", "github.com/pulumi/pulumi/sdk/v3"),
  /**
   * The plugin of the npm package @pulumi/kubernetes, of the same version: the newest with sources in the Go
   * module proxy. Before an upgrade: from 4.29 on, plugins refuse to create an object that exists unless
   * `upsertExistingObjects` is set (pulumi-kubernetes#2926); from 4.30 on, they pass nulls in values to Helm
   * (#2997).
   */
  kubernetesPlugin: `v${dependencies["@pulumi/kubernetes"]}`,
  /** Version 4.25.0's commit, because the provider's module has no tags. */
  kubernetesPluginCommit: "f47bc2d6f199",
  mongod: "8.2.6",
  /** `prepareUnique` and other forms of `collMod` need MongoDB 6.0. */
  oldestMongod: "6.0.0",
  mongosh: "2.12.0",
  oldestMongosh: "2.0.0",
  secantusdb: pinned("python/requirements.txt", "SecantusDB"),
  oldestPython: "3.11",
  kubernetes: inModule("control-plane", "k8s.io/kubernetes"),
  oldestKubernetes: "1.31.0",
  etcd: inModule("control-plane", "go.etcd.io/etcd/server/v3"),
  oldestEtcd: "3.5.0",
  /** One on PATH must be as new, because its stages are used, too. */
  kwok: inModule("control-plane", "sigs.k8s.io/kwok"),
  /** The kubelet of Kubernetes 1.36 needs containerd 2. */
  containerd: inModule("node", "github.com/containerd/containerd/v2"),
  cni: inModule("node", "github.com/containernetworking/plugins"),
  runc: inModule("node", "github.com/opencontainers/runc"),
  /** The newest in the Go module proxy. */
  kubeRouter: inModule("kube-router", "github.com/cloudnativelabs/kube-router/v2"),
  helm: inModule("helm", "helm.sh/helm/v3"),
  /** Tested by KEDA on Kubernetes 1.34 to 1.36. */
  keda: inModule("keda", "github.com/kedacore/keda/v2"),
  actionlint: inModule("actionlint", "github.com/rhysd/actionlint"),
  mermaid: "11.17.2",
  gitlabCiLocal: "4.75.1",
  act: inModule("act", "github.com/nektos/act"),
  /** The last version as module `code.gitea.io/gitea`; later ones need modules of gitea.dev. */
  gitea: inModule("gitea", "code.gitea.io/gitea"),
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
