import { existsSync } from "node:fs";
import { readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fillOnce } from "../cache";
import { findModule, goBuild, goPartFolder, goSource, noGo } from "../go";
import { answerOf, executable } from "../run";
import { type PartAnswer, choose, PartError } from "../sources";
import { atLeast, versions } from "../versions";

/** The programs of a control plane, and its client. */
export const programNames = [
  "etcd",
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
  "kubectl",
  "kwok",
] as const;

/** The name of such a program. */
export type ProgramName = (typeof programNames)[number];

/** The programs of a control plane, all of one version. */
interface FoundPrograms {
  /** The file of each program. */
  readonly files: Readonly<Record<ProgramName, string>>;
  /** The version of Kubernetes, such as `v1.36.1`. */
  readonly version: string;
}

/** The same, with kwok's configuration. */
export interface ControlPlanePrograms extends FoundPrograms {
  /** The file of kwok's stages, which simulate the states of nodes, pods and volumes. */
  readonly stages: string;
}

/** Their packages, all in one module of tools/go. */
const packages = [
  "go.etcd.io/etcd/server/v3",
  "sigs.k8s.io/kwok/cmd/kwok",
  "k8s.io/kubernetes/cmd/kube-apiserver",
  "k8s.io/kubernetes/cmd/kube-controller-manager",
  "k8s.io/kubernetes/cmd/kube-scheduler",
  "k8s.io/kubernetes/cmd/kubectl",
];
const module = "control-plane";

/**
 * The programs of a control plane: from PATH if all are there and fit, else built from pinned Go modules and kept
 * in the user's cache folder.
 *
 * @throws PartError if no source works, with what to install
 */
export async function controlPlane(): Promise<ControlPlanePrograms> {
  const { kubernetes, etcd, kwok } = versions;
  const build = await goSource({
    name: "kubernetes",
    version: kubernetes,
    also: " with etcd and kwok",
    time: "4 to 10 min",
    modules: [module],
    madeFrom: [kubernetes, etcd, kwok, ...packages],
    async fill(aside) {
      // Clients would read version 0.0 otherwise.
      const stamps = [`k8s.io/component-base/version.gitVersion=${kubernetes}`];
      await goBuild({ module, title: `Kubernetes ${kubernetes}`, packages, stamps }, aside);
      // Go names a program after its package.
      await rename(join(aside, "server"), join(aside, "etcd"));
    },
    partIn(folder): FoundPrograms {
      const entries = programNames.map((name) => [name, join(folder, name)] as const);
      const files = Object.fromEntries(entries) as FoundPrograms["files"];
      return { files, version: kubernetes };
    },
  });
  const advice =
    "Install Go (https://go.dev/dl/), or etcd, kwok and Kubernetes' own programs, " +
    `${versions.oldestKubernetes} or later, and run this again`;
  const found = await choose(
    "Kubernetes",
    async () => usablePrograms(await findOnPath()),
    [build],
    advice,
  );
  return { ...found, stages: join(await kwokStages(), "stages.yaml") };
}

/** A program on PATH; its version is empty if it prints none. */
interface Found {
  readonly name: ProgramName;
  readonly file: string | undefined;
  readonly version: string;
}

/** The programs on PATH, or why they do not fit. */
export function usablePrograms(found: readonly Found[]): PartAnswer<FoundPrograms> {
  const absent = found.filter(({ file }) => file === undefined).map(({ name }) => name);
  if (absent.length > 0) return { missing: `${absent.join(", ")} not on PATH` };
  const old = found.find(({ name, version }) => version === "" || !atLeast(version, oldest(name)));
  if (old !== undefined) {
    const is = old.version === "" ? "states no version" : `is ${old.version}`;
    return { missing: `${old.name} on PATH ${is}, not ${oldest(old.name)} or later` };
  }
  const files = Object.fromEntries(found.map(({ name, file }) => [name, file]));
  const version = found.find(({ name }) => name === "kube-apiserver")?.version ?? "";
  return { part: { files: files as FoundPrograms["files"], version } };
}

function oldest(name: ProgramName): string {
  if (name === "etcd") return versions.oldestEtcd;
  return name === "kwok" ? versions.kwok.slice(1) : versions.oldestKubernetes;
}

async function findOnPath(): Promise<Found[]> {
  const look = async (name: ProgramName): Promise<Found> => {
    const file = executable(name);
    const question = name === "kubectl" ? ["version", "--client"] : ["--version"];
    const answer = file === undefined ? undefined : await answerOf(file, ...question);
    return { name, file, version: /v?\d+\.\d+\.\d+/.exec(answer ?? "")?.[0] ?? "" };
  };
  return Promise.all(programNames.map(look));
}

/** Stages of kwok's module: nodes stay ready, pods run, claims are bound. */
const wanted = ["node/fast", "node/heartbeat-with-lease", "pod/fast", "volume/fast"];

/**
 * The cache folder of `stages.yaml`, a copy from kwok's Go module. kwok does not start without stages.
 *
 * @throws PartError if the module cannot be downloaded
 */
export async function kwokStages(): Promise<string> {
  const madeFrom = ["stages", versions.kwok, ...wanted];
  const folder = await goPartFolder(`kwok-stages-${versions.kwok}`, [module], madeFrom);
  if (existsSync(folder)) return folder;
  await fillOnce(folder, async (aside) => {
    const sources = await findModule(module, "sigs.k8s.io/kwok");
    if (sources === undefined) {
      const reason = (await noGo()) ?? `go cannot get the module sigs.k8s.io/kwok ${versions.kwok}`;
      throw new PartError(
        `kwok's stages: ${reason}. Install Go (https://go.dev/dl/), and run this again`,
      );
    }
    const stages = wanted.map((one) => stagesIn(join(sources, "kustomize", "stage", one)));
    await writeFile(join(aside, "stages.yaml"), (await Promise.all(stages)).flat().join("---\n"));
  });
  return folder;
}

/** The texts of a folder's stages, without kustomize's files. */
async function stagesIn(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".yaml")).sort();
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), "utf8")));
  return texts.filter((text) => /^kind: Stage$/m.test(text));
}
