import { executable } from "../executable";
import { answerOf } from "../run";
import type { Answer } from "../sources";
import { atLeast, versions } from "../versions";
import { type ProgramName, programNames } from "./names";

/** Programs of a control plane that belong together. */
export interface FoundPrograms {
  /** The file of each program. */
  readonly files: Readonly<Record<ProgramName, string>>;
  /** The version of Kubernetes, such as `v1.36.1`. */
  readonly version: string;
}

/** A program on PATH; its version is empty if it states none. */
export interface Found {
  readonly name: ProgramName;
  readonly file: string | undefined;
  readonly version: string;
}

/** The programs on PATH, if all are there and fit; else why not. */
export function usable(found: readonly Found[]): Answer<FoundPrograms> {
  const absent = found.filter(({ file }) => file === undefined).map(({ name }) => name);
  if (absent.length > 0) return { missing: `${absent.join(", ")} not on PATH` };
  const old = found.find(({ name, version }) => !fits(name, version));
  if (old !== undefined) {
    const is = old.version === "" ? "states no version" : `is ${old.version}`;
    return { missing: `${old.name} on PATH ${is}, not ${oldest(old.name)} or later` };
  }
  const files = Object.fromEntries(found.map(({ name, file }) => [name, file]));
  const version = found.find(({ name }) => name === "kube-apiserver")?.version ?? "";
  return { part: { files: files as FoundPrograms["files"], version } };
}

function fits(name: ProgramName, version: string): boolean {
  return version !== "" && atLeast(version, oldest(name));
}

function oldest(name: ProgramName): string {
  if (name === "etcd") return versions.oldestEtcd;
  return name === "kwok" ? versions.kwok.slice(1) : versions.oldestKubernetes;
}

/** What is on PATH of a control plane's programs. */
export async function controlPlaneOnPath(path = process.env.PATH ?? ""): Promise<Found[]> {
  const look = async (name: ProgramName): Promise<Found> => {
    const file = executable(name, path);
    return { name, file, version: file === undefined ? "" : await versionOf(name, file) };
  };
  return Promise.all(programNames.map(look));
}

async function versionOf(name: ProgramName, file: string): Promise<string> {
  const question = name === "kubectl" ? ["version", "--client"] : ["--version"];
  const answer = (await answerOf(file, ...question)) ?? "";
  return /v?\d+\.\d+\.\d+/.exec(answer)?.[0] ?? "";
}
