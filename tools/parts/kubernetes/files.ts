import { generateKeyPairSync, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { stringify } from "yaml";
import type { Places } from "./places";

const owner = { mode: 0o600 };

/** Writes what a control plane reads when it starts; an earlier one's keys are kept. */
export async function prepare(places: Places): Promise<void> {
  await mkdir(places.directory, { recursive: true });
  if (!existsSync(places.serviceAccountKey)) {
    await writeFile(places.serviceAccountKey, newKey(), owner);
  }
  if (!existsSync(places.tokens)) {
    const token = randomBytes(24).toString("hex");
    await writeFile(places.tokens, `${token},admin,admin,system:masters\n`, owner);
  }
  await writeFile(places.node, JSON.stringify(node));
}

function newKey(): string {
  const pem = { format: "pem" } as const;
  return generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", ...pem },
    privateKeyEncoding: { type: "pkcs8", ...pem },
  }).privateKey;
}

/** Writes the kubeconfig of the administrator; it needs no other file. */
export async function writeKubeconfig(places: Places, port: number): Promise<void> {
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
