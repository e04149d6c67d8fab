import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { engine, engineEnvironment, type EngineOptions, repository } from "../tools/parts";
import { once } from "./engine/stack";
import { gitIdentity } from "./git-identity";

/** What a shell line ended with. */
export interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  /** Standard output and standard error, as they came. */
  readonly output: string;
}

/** What happens beside a line once it has printed this. */
export interface Beside {
  readonly at: RegExp;
  readonly happens: () => void;
}

/** This project as a user has it: a checkout of its own, with the real engine and its own backend. */
export interface UserCheckout {
  /** The checkout, absolute. */
  readonly folder: string;
  /** Runs a line of a page or of a help page as it stands, in a shell in the checkout. */
  run(line: string, environment?: Readonly<Record<string, string>>, beside?: Beside): Promise<Ran>;
  /** The same for a line that has to end with 0; its standard output. */
  done(line: string): Promise<string>;
  /** Writes a file below the checkout. */
  write(name: string, text: string): Promise<void>;
  remove(): Promise<void>;
}

/** What commands and program need of the repository. */
const parts = ["cli", "components", "examples/chart", "tools/sample", "index.ts", "program.cjs"];
const configuration = ["Pulumi.yaml", "package.json", "tsconfig.json"];

const identity = { ...gitIdentity, GIT_CONFIG_SYSTEM: "/dev/null" };

/** Makes one, committed to git, in a temporary folder. */
export async function makeCheckout(options: EngineOptions = {}): Promise<UserCheckout> {
  const outer = await mkdtemp(join(tmpdir(), "user-"));
  const folder = join(outer, "checkout");
  await mkdir(folder);
  for (const part of [...parts, ...configuration]) {
    await cp(join(repository, part), join(folder, part), { recursive: true });
  }
  await symlink(join(repository, "node_modules"), join(folder, "node_modules"));
  const found = await engineEnvironment(await engine(options), outer, "a passphrase of the tests");
  // npm takes a second or two of CPU to find the command.
  const npx = { "BASH_FUNC_npx%%": `() { shift; node "${folder}/cli/bin.cjs" "$@"; }` };
  const run: UserCheckout["run"] = async (line, more = {}, beside) => {
    const env = { ...found, ...identity, ...npx, NO_UPDATE_NOTIFIER: "1", ...more };
    const asked = { cwd: folder, env, all: true, reject: false, shell: "/bin/bash" } as const;
    const running = execa(line, asked);
    if (beside) once(running.all, beside.at, beside.happens);
    const { exitCode = -1, stdout, all } = await running;
    return { exitCode, stdout, output: all };
  };
  const done = async (line: string) => {
    const { exitCode, stdout, output } = await run(line);
    if (exitCode !== 0) throw new Error(`${line}\nended with ${exitCode}:\n${output}`);
    return stdout;
  };
  const write = (name: string, text: string) => writeFile(join(folder, name), text);
  await write(".gitignore", "node_modules\n.dev\n*.json\n*.js\n");
  await done("git init --quiet --initial-branch main");
  return { folder, run, done, write, remove: () => rm(outer, { recursive: true }) };
}

/**
 * Creates a stack by a settings file of the repository, whose server is another one.
 *
 * @param change what to change in the file's text
 */
export async function makeStackOf(
  checkout: UserCheckout,
  stack: string,
  change: (text: string) => string,
): Promise<void> {
  const file = `Pulumi.${stack}.yaml`;
  await checkout.done(`pulumi stack init ${stack} --non-interactive`);
  const salt = await readFile(join(checkout.folder, file), "utf8");
  const text = await readFile(join(repository, file), "utf8");
  await checkout.write(file, `${salt}${change(text)}`);
  await checkout.done("git add --all && git commit --quiet --message settings");
}
