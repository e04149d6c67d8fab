/** Gets every local part and says what each took: `tsx tools/parts/ensure.ts`. */
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
  vale,
} from ".";
import { cacheFolder } from "./cache";

/** Gets each part, in the order in which tests ask for them, and says what it is. */
const parts: readonly (() => Promise<string>)[] = [
  async () => (await mongoProgram()).name,
  () => mongosh().then(() => "mongosh"),
  () => mermaid().then(() => "Mermaid"),
  () => actionlint().then(() => "actionlint"),
  async () => `Pulumi ${(await engine()).version}`,
  async () => `Kubernetes ${(await controlPlane()).version}`,
  () => engine({ kubernetes: true }).then(() => "Pulumi's plugin for Kubernetes"),
  () => helm().then(() => "Helm"),
  () => vale().then(() => "vale"),
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
  if (wasLong) for (const line of await sizeLines()) console.log(line);
  console.log(`parts: ${names.join(", ")}`);
}

/** What takes longer was downloaded or built, and is worth a line. */
const longSeconds = 5;

/** What the cache holds, in MB. */
async function sizeLines(): Promise<string[]> {
  const names = (await readdir(cacheFolder())).filter((name) => !name.includes(".lock"));
  const sizes = names.map(async (name) => {
    const megabytes = (await sizeOf(join(cacheFolder(), name))) / 1_000_000;
    return `${megabytes.toFixed(0).padStart(6)} MB  ${name}`;
  });
  return Promise.all(sizes);
}

async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => entry.isFile());
  const sizes = files.map(
    async ({ parentPath, name }) => (await stat(join(parentPath, name))).size,
  );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

ensure().catch((error: unknown) => {
  if (!(error instanceof PartError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
});
