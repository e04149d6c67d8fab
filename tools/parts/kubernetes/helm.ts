import { join } from "node:path";
import { executable } from "../executable";
import { goBuild, goSource } from "../go";
import { answerOf } from "../run";
import { type Answer, choose, type Source } from "../sources";
import { versions } from "../versions";

const module = "helm.sh/helm/v3";

/**
 * The file of Helm 3: the one on PATH, else a build from pinned Go modules, kept in the user's cache
 * folder.
 *
 * @throws PartError if there is no way to one, with what can be installed
 */
export async function helm(): Promise<string> {
  return choose(
    "Helm",
    helmOnPath,
    [await helmBuild()],
    "Install Helm 3 (https://helm.sh/docs/intro/install/) or Go (https://go.dev/dl/), " +
      "and run this again",
  );
}

/** The Helm on PATH, if it is version 3; else why not. */
export async function helmOnPath(path = process.env.PATH ?? ""): Promise<Answer<string>> {
  const file = executable("helm", path);
  if (file === undefined) return { missing: "not on PATH" };
  const version = await answerOf(file, "version", "--template", "{{.Version}}");
  if (version?.startsWith("v3.") === true) return { part: file };
  return { missing: `the one on PATH is ${version ?? "of no known version"}, not version 3` };
}

function helmBuild(): Promise<Source<string>> {
  return goSource({
    name: `helm-${versions.helm}`,
    modules: ["helm"],
    madeFrom: [versions.helm, versions.kubernetes],
    doing: `building ${versions.helm} from Go modules (2 to 4 min, once)`,
    fill,
    partIn: (folder) => join(folder, "helm"),
  });
}

/** The Kubernetes that `helm template` takes for granted, in a chart's `kubeVersion` as elsewhere. */
function kubernetesStamps(): string[] {
  const [major = "", minor = ""] = versions.kubernetes.slice(1).split(".");
  return ["lint/rules", "chartutil"].flatMap((place) => [
    `${module}/pkg/${place}.k8sVersionMajor=${major}`,
    `${module}/pkg/${place}.k8sVersionMinor=${minor}`,
  ]);
}

async function fill(aside: string): Promise<void> {
  const build = {
    module: "helm",
    title: `Helm ${versions.helm}`,
    packages: [`${module}/cmd/helm`],
    stamps: [`${module}/internal/version.version=${versions.helm}`, ...kubernetesStamps()],
  };
  await goBuild(build, aside);
}
