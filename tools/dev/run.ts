import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ControlPlane } from "../parts";
import { kubectlFor } from "./kubernetes";
import { nextCutover, stackOutputsFrom } from "./outputs";
import type { DevPaths } from "./places";
import { readJournal, untilRunsEnd } from "./real-node";
import { type SettingsChange, workingCopy } from "./settings";
import { exportOf, openStack, outputsOf, setSecret, type Stack, updateStack } from "./stack";
import { coloursFor, type Facts, summaryText } from "./summary";

/** Writes the stack's settings and opens the stack with them. */
export async function stackWith(
  asked: Omit<SettingsChange, "cutover">,
  places: DevPaths,
  secrets: Readonly<Record<string, string>> = {},
): Promise<Stack> {
  const stack = await openStack(places);
  const [committed, former] = await Promise.all([
    readFile(places.committedSettings, "utf8"),
    readFile(places.settings, "utf8").catch(() => ""),
  ]);
  const change = { ...asked, cutover: nextCutover(await exportOf(stack)) };
  // In a temporary file, so that a wrong passphrase keeps the former connection strings.
  const next = join(places.dev, "next.yaml");
  await writeFile(next, workingCopy(committed, former, change));
  for (const [key, value] of Object.entries(secrets)) await setSecret(stack, next, key, value);
  await rename(next, places.settings);
  return stack;
}

/** The servers of a command. */
export interface Servers extends Pick<Facts, "database" | "server"> {
  readonly cluster: ControlPlane | undefined;
  /** Whether services work on a real node. Default: none does. */
  readonly isReal?: boolean;
}

/** Updates the stack, whose program says what was done, then prints what it cannot know. */
export async function updateAndTell(stack: Stack, servers: Servers): Promise<void> {
  const { cluster, isReal = false, ...database } = servers;
  const { places } = stack;
  await updateStack(stack);
  const outputs = stackOutputsFrom(await outputsOf(stack));
  const kubectl = cluster && kubectlFor(places, cluster);
  if (isReal) await untilRunsEnd(places, 5);
  const journal = isReal ? readJournal(places) : undefined;
  const facts = { places, outputs, ...database, kubectl, journal };
  console.log(`\n${summaryText(facts, coloursFor(process.stdout, process.env))}`);
}

/** Whether an update of the stack ever finished worker and web. */
export async function hasServices(stack: Stack): Promise<boolean> {
  const outputs = await outputsOf(stack);
  return typeof outputs === "object" && outputs !== null && "rollout" in outputs;
}
