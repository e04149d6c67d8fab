import { generateKeyPairSync, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { stringify } from "yaml";
import { z } from "zod";
import { programNames } from "./programs";

/** The files of one control plane, all in its folder. */
export interface ClusterPaths {
  /** The folder itself, with a log of each program. */
  readonly directory: string;
  readonly data: string;
  /** Gets `apiserver.crt`, its issuer included, and `apiserver.key` from the API server itself. */
  readonly certificates: string;
  readonly certificate: string;
  readonly serviceAccountKey: string;
  readonly tokens: string;
  readonly kubeconfig: string;
  readonly node: string;
  /** What runs, in JSON. */
  readonly running: string;
}

/** Where the files of a control plane are in its folder. */
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

/** Writes what a control plane reads when it starts; an earlier one's keys are kept. */
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

/** Writes the kubeconfig of the administrator; it needs no other file. */
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

/** The one node of a control plane. */
const node = {
  apiVersion: "v1",
  kind: "Node",
  metadata: { name: "local", labels: { "kubernetes.io/hostname": "local" } },
  status: { allocatable: resources, capacity: resources },
};

/** What runs of a control plane, in the order in which it was started. */
const runningNote = z.object({
  /** The API server's, on 127.0.0.1. */
  port: z.int(),
  programs: z.array(z.object({ name: z.enum(programNames), pid: z.int() })).readonly(),
});
type RunningNote = z.infer<typeof runningNote>;

/** Notes in the control plane's folder what runs, so that a later command finds it. */
export async function writeNote(places: ClusterPaths, note: RunningNote): Promise<void> {
  await writeFile(places.running, `${JSON.stringify(note)}\n`);
}

/** What was started the last time; undefined if it was stopped. It may have ended since. */
export async function readNote(places: ClusterPaths): Promise<RunningNote | undefined> {
  const text = await readFile(places.running, "utf8").catch(() => undefined);
  return text === undefined ? undefined : runningNote.parse(JSON.parse(text));
}

export async function removeNote(places: ClusterPaths): Promise<void> {
  await rm(places.running, { force: true });
}
