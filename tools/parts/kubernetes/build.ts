import { rename } from "node:fs/promises";
import { join } from "node:path";
import { goBuild, goSource } from "../go";
import type { Source } from "../sources";
import { versions } from "../versions";
import type { FoundPrograms } from "./installed";
import { programNames } from "./names";

const packages = [
  "go.etcd.io/etcd/server/v3",
  "sigs.k8s.io/kwok/cmd/kwok",
  "k8s.io/kubernetes/cmd/kube-apiserver",
  "k8s.io/kubernetes/cmd/kube-controller-manager",
  "k8s.io/kubernetes/cmd/kube-scheduler",
  "k8s.io/kubernetes/cmd/kubectl",
];

/** The Go module of all programs of a control plane, in tools/go. */
export const controlPlaneModule = "control-plane";

/** The programs of a control plane, built here. */
export async function controlPlaneBuild(): Promise<Source<FoundPrograms>> {
  const { kubernetes, etcd, kwok } = versions;
  return goSource({
    name: `kubernetes-${kubernetes}`,
    modules: [controlPlaneModule],
    madeFrom: [kubernetes, etcd, kwok, ...packages],
    doing: `building ${kubernetes} with etcd and kwok from Go modules (4 to 10 min, once)`,
    fill,
    partIn: (folder) => ({ files: filesIn(folder), version: kubernetes }),
  });
}

/** Where each program is in a folder that holds them all. */
function filesIn(folder: string): FoundPrograms["files"] {
  const entries = programNames.map((name) => [name, join(folder, name)] as const);
  return Object.fromEntries(entries) as FoundPrograms["files"];
}

async function fill(aside: string): Promise<void> {
  // Without it clients take the server for version 0.0.
  const stamps = [`k8s.io/component-base/version.gitVersion=${versions.kubernetes}`];
  const title = `Kubernetes ${versions.kubernetes}`;
  await goBuild({ module: controlPlaneModule, title, packages, stamps }, aside);
  // Go names a program after its package.
  await rename(join(aside, "server"), join(aside, "etcd"));
}
