import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, vi } from "vitest";
import { run } from "../../cli/run";
import { emptyDatabasePerTest } from "../server";
import { expectPublished } from "./schemas";

/** What a command printed and how it ended, as a process's. */
export interface Ended {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

/** Variables of a command; one that is undefined is not set. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** Runs a command line in this process, which has other variables and perhaps another folder meanwhile. */
export async function runCommand(
  args: readonly string[],
  env: Variables = {},
  cwd = process.cwd(),
): Promise<Ended> {
  const out: string[] = [];
  const err: string[] = [];
  const line = (texts: string[]) => (text: string) => void texts.push(`${text}\n`);
  const part = (texts: string[]) => (text: string | Uint8Array) => texts.push(String(text)) > 0;
  const spies = [
    vi.spyOn(console, "log").mockImplementation(line(out)),
    vi.spyOn(console, "warn").mockImplementation(line(err)),
    vi.spyOn(console, "error").mockImplementation(line(err)),
    vi.spyOn(process.stdout, "write").mockImplementation(part(out)),
    vi.spyOn(process.stderr, "write").mockImplementation(part(err)),
  ];
  const folder = process.cwd();
  const variables = process.env;
  const all = Object.entries({ ...variables, ...env });
  process.env = Object.fromEntries(all.filter(([, value]) => value !== undefined));
  process.chdir(cwd);
  try {
    await run(args);
    const whole = (texts: string[]) => texts.join("").replace(/\n$/, "");
    const stdout = whole(out);
    if (args.includes("--json")) expectPublished(schemaOf(args), stdout);
    return { stdout, stderr: whole(err), exitCode: Number(process.exitCode ?? 0) };
  } finally {
    process.exitCode = undefined;
    process.env = variables;
    process.chdir(folder);
    for (const spy of spies) spy.mockRestore();
  }
}

const schemaOf = ([command = "", ...options]: readonly string[]) =>
  options.includes("--hold-unfinished") ? `${command}-hold-unfinished` : command;

/** Commands on a new, empty database for each test, in a folder of the test's own: its `place`. */
export function commandsPerTest() {
  const current = Object.assign(emptyDatabasePerTest(), { location: "" });
  let tests = 0;
  beforeEach(async () => {
    current.location = join(current.folder, `commands-${++tests}`);
    await mkdir(current.location);
  });
  const uri = () => `${current.server.uri}/${current.db.databaseName}`;
  return Object.assign(current, {
    uri,
    run: (args: readonly string[], env: Variables = {}) =>
      runCommand(args, { TASKRUNNER_MONGO_URI: uri(), ...env }, current.location),
  });
}
