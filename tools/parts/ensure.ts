/** Gets every local part and says what each took: `tsx tools/parts/ensure.ts`. */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { actionlint, controlPlane, engine, helm, mongoProgram, PartError } from ".";
import { cacheFolder } from "./cache";

/** The parts in the order in which tests ask for them. */
const parts: readonly (readonly [name: string, get: () => Promise<unknown>])[] = [
  ["a server of MongoDB's protocol", mongoProgram],
  ["actionlint", actionlint],
  ["Pulumi", engine],
  ["the control plane", controlPlane],
  ["Pulumi's plugin for Kubernetes", () => engine({ kubernetes: true })],
  ["Helm", helm],
];

async function ensure(): Promise<void> {
  const started = performance.now();
  for (const [name, get] of parts) {
    const before = performance.now();
    await get();
    const seconds = (performance.now() - before) / 1000;
    if (seconds > longSeconds) console.log(`parts: got ${name} in ${seconds.toFixed(0)} s`);
  }
  const seconds = (performance.now() - started) / 1000;
  if (seconds > longSeconds) for (const line of await sizeLines()) console.log(line);
  console.log(`parts: all ${parts.length} there after ${seconds.toFixed(0)} s`);
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
