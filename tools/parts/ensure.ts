/** Gets every local part and prints how long each took: `tsx tools/parts/ensure.ts`. */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import {
  actionlint,
  controlPlane,
  engine,
  helm,
  mermaid,
  mongoProgram,
  mongosh,
  PartError,
} from ".";
import { cacheFolder } from "./cache";

/** Each part, in the order in which tests need them. */
const parts: readonly (() => Promise<string>)[] = [
  async () => (await mongoProgram()).name,
  () => mongosh().then(() => "mongosh"),
  () => mermaid().then(() => "Mermaid"),
  () => actionlint().then(() => "actionlint"),
  async () => `Pulumi ${(await engine()).version}`,
  async () => `Kubernetes ${(await controlPlane()).version}`,
  () => engine({ kubernetes: true }).then(() => "Pulumi's plugin for Kubernetes"),
  () => helm().then(() => "Helm"),
];

async function ensure(): Promise<void> {
  const names: string[] = [];
  let wasLong = false;
  for (const get of parts) {
    const before = performance.now();
    const name = await get();
    const seconds = (performance.now() - before) / 1000;
    names.push(name);
    if (seconds <= longSeconds) continue;
    wasLong = true;
    console.log(`parts: got ${name} in ${seconds.toFixed(0)} s`);
  }
  if (wasLong) await printSizes();
  console.log(`parts: ${names.join(", ")}`);
}

/** A part that takes longer was downloaded or built. */
const longSeconds = 5;

/** Prints the sizes of the cached parts in MB. */
async function printSizes(): Promise<void> {
  const names = (await readdir(cacheFolder())).filter((name) => !name.includes(".lock"));
  for (const part of names) {
    const options = { withFileTypes: true, recursive: true } as const;
    const entries = await readdir(join(cacheFolder(), part), options);
    const sizes = entries
      .filter((entry) => entry.isFile())
      .map(async ({ parentPath, name }) => (await stat(join(parentPath, name))).size);
    const bytes = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
    console.log(`${(bytes / 1_000_000).toFixed(0).padStart(6)} MB  ${part}`);
  }
}

ensure().catch((error: unknown) => {
  if (!(error instanceof PartError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
});
