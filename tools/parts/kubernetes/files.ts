import { generateKeyPairSync, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { stringify } from "yaml";
import { z } from "zod";
import { programNames } from "./programs";

/** The files of a control plane, all in its folder. */
export interface ClusterPaths {
  /** The folder itself, with a log of each program. */
  readonly directory: string;
  readonly data: string;
  /** The API server writes `apiserver.crt`, with its issuer, and `apiserver.key` there. */
  readonly certificates: string;
  readonly certificate: string;
  readonly serviceAccountKey: string;
  readonly tokens: string;
  readonly kubeconfig: string;
  readonly node: string;
  /** The running programs, as JSON. */
  readonly running: string;
}

/** The paths of a control plane's files. */
export function clusterPaths(folder: string): ClusterPaths {
  const directory = resolve(folder);
  const certificates = join(directory, "certificates");
  return {
    directory,
    data: join(directory, "etcd"),
    certificates,
    certificate: join(certificates, "apiserver.crt"),
    serviceAccountKey: join(directory, "service-account.key"),
    tokens: join(directory, "tokens.csv"),
    kubeconfig: join(directory, "kubeconfig"),
    node: join(directory, "node.json"),
    running: join(directory, "running.json"),
  };
}

const owner = { mode: 0o600 };

/** Writes the files that a control plane reads at its start; keeps existing keys. */
export async function prepare(places: ClusterPaths): Promise<void> {
  await mkdir(places.directory, { recursive: true });
  if (!existsSync(places.serviceAccountKey)) {
    const { privateKey } = generateKeyPairSync("rsa", {
      modulusLength: 2048,
      publicKeyEncoding: { type: "spki", format: "pem" },
      privateKeyEncoding: { type: "pkcs8", format: "pem" },
    });
    await writeFile(places.serviceAccountKey, privateKey, owner);
  }
  if (!existsSync(places.tokens)) {
    const token = randomBytes(24).toString("hex");
    await writeFile(places.tokens, `${token},admin,admin,system:masters\n`, owner);
  }
  await writeFile(places.node, JSON.stringify(node));
}

/** Writes the administrator's kubeconfig, self-contained. */
export async function writeKubeconfig(places: ClusterPaths, port: number): Promise<void> {
  const [token] = (await readFile(places.tokens, "utf8")).split(",");
  const certificate = (await readFile(places.certificate)).toString("base64");
  const server = `https://127.0.0.1:${port}`;
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "local", cluster: { server, "certificate-authority-data": certificate } }],
    users: [{ name: "admin", user: { token } }],
    contexts: [{ name: "local", context: { cluster: "local", user: "admin" } }],
    "current-context": "local",
  };
  await writeFile(places.kubeconfig, stringify(config), owner);
}

const resources = { cpu: "32", memory: "256Gi", pods: "110" };

/** A control plane's only node. */
const node = {
  apiVersion: "v1",
  kind: "Node",
  metadata: { name: "local", labels: { "kubernetes.io/hostname": "local" } },
  status: { allocatable: resources, capacity: resources },
};

/** The running programs of a control plane, in their starting order. */
const runningNote = z.object({
  /** The API server's, on 127.0.0.1. */
  port: z.int(),
  programs: z.array(z.object({ name: z.enum([...programNames, "node"]), pid: z.int() })).readonly(),
});
type RunningNote = z.infer<typeof runningNote>;

/** Records the running programs in the control plane's folder, for later commands. */
export async function writeNote(places: ClusterPaths, note: RunningNote): Promise<void> {
  await writeFile(places.running, `${JSON.stringify(note)}\n`);
}

/** The programs of the last start, which may have ended since; undefined if they were stopped. */
export async function readNote(places: ClusterPaths): Promise<RunningNote | undefined> {
  const text = await readFile(places.running, "utf8").catch(() => undefined);
  return text === undefined ? undefined : runningNote.parse(JSON.parse(text));
}

export async function removeNote(places: ClusterPaths): Promise<void> {
  await rm(places.running, { force: true });
}
