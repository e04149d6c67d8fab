import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { somethingChanged } from "./changes";
import { coloursFor } from "./colour";
import { stackOutputsFrom } from "./outputs";
import type { Places } from "./places";
import { type Change, workingCopy } from "./settings";
import { openStack, outputsOf, setSecret, type Stack, update } from "./stack";
import { type Facts, summaryText } from "./summary";

/** Makes the stack's settings anew, and opens the stack with them. */
export async function stackWith(
  change: Change,
  places: Places,
  secrets: Readonly<Record<string, string>> = {},
): Promise<Stack> {
  const stack = await openStack(places);
  const [committed, former] = await Promise.all([
    readFile(places.committedSettings, "utf8"),
    readFile(places.settings, "utf8").catch(() => ""),
  ]);
  // Aside, so that a wrong passphrase leaves the former connection strings in place.
  const next = join(places.dev, "next.yaml");
  await writeFile(next, workingCopy(committed, former, change));
  for (const [key, value] of Object.entries(secrets)) await setSecret(stack, next, key, value);
  await rename(next, places.settings);
  return stack;
}

/** Updates the stack, then tells what exists. */
export async function updateAndTell(
  stack: Stack,
  database: Pick<Facts, "database" | "server">,
): Promise<void> {
  const changed = somethingChanged(await update(stack));
  const outputs = stackOutputsFrom(await outputsOf(stack));
  const colours = coloursFor(process.stdout, process.env);
  console.log(`\n${summaryText({ changed, outputs, ...database }, colours)}`);
}
