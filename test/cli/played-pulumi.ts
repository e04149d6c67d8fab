import { chmod, mkdir, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { runCommand, type Ended } from "./run";

/** What a played `pulumi` knows of one stack. */
export interface Played {
  /** Its version; default 3.274.1. */
  readonly version?: string;
  /** The stack's settings without their prefix; connection strings are secrets. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** The stack's outputs; absent before its first update. */
  readonly outputs?: object;
}

/** Puts a played `pulumi` into a folder, or another in its place. */
export async function playPulumi(
  location: string,
  { version = "3.274.1", settings, outputs }: Played,
): Promise<void> {
  const config = Object.entries(settings).map(([key, value]) => {
    const secret = key.endsWith("ongoUri");
    const text = typeof value === "string" ? value : JSON.stringify(value);
    return [`taskrunner-storage:${key}`, { value: text, secret }];
  });
  const lines = [
    "#!/bin/sh",
    'case "$1" in',
    `version) echo v${version} ;;`,
    `config) echo '${JSON.stringify(Object.fromEntries(config))}' ;;`,
    ...(outputs ? [`stack) echo '${JSON.stringify(outputs)}' ;;`] : []),
    "*) exit 1 ;;",
    "esac",
  ];
  const file = join(location, "bin/pulumi");
  await mkdir(join(location, "bin"), { recursive: true });
  await writeFile(file, `${lines.join("\n")}\n`);
  await chmod(file, 0o755);
}

/** Runs a command in that folder, on a stack of this name. */
export function runPlayed(location: string, stack: string, ...args: string[]): Promise<Ended> {
  const PATH = `${join(location, "bin")}${delimiter}${process.env.PATH ?? ""}`;
  const env = { PATH, TASKRUNNER_MONGO_URI: undefined };
  return runCommand([...args, "--stack", stack], env, location);
}
