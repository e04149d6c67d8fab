import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { z } from "zod";
import { commandLine, engine, engineEnvironment } from "../parts";
import { messagesIn } from "./messages";
import { DevError, type DevStack, makeCommand, type DevPaths } from "./places";

/** A stack on this machine with its engine. */
export interface Stack {
  readonly places: DevPaths;
  readonly environment: NodeJS.ProcessEnv;
}

/** Gets the engine and creates the stack unless it exists. */
export async function openStack(places: DevPaths): Promise<Stack> {
  const { name, kubernetes } = places.stack;
  const secret = process.env.PULUMI_CONFIG_PASSPHRASE ?? `taskrunner-storage-${name}`;
  const own = await engineEnvironment(await engine({ kubernetes }), places.dev, secret);
  const stack = { places, environment: { ...process.env, ...own } };
  await mkdir(places.dev, { recursive: true });
  // The engine writes a new stack's salt beside the project file, so a copy in .dev keeps the repository clean.
  const project = "name: taskrunner-storage\nruntime: nodejs\n";
  await writeFile(join(places.dev, "Pulumi.yaml"), project);
  await ask(stack, ["stack", "select", "--create", name, "--cwd", places.dev]);
  return stack;
}

/** Sets a secret in a settings file of the stack, by standard input, so that no list of processes shows it. */
export async function setSecret(
  stack: Stack,
  file: string,
  key: string,
  value: string,
): Promise<void> {
  const set = ["config", "set", "--secret", `taskrunner-storage:${key}`];
  await ask(stack, [...set, ...nameStack(stack), "--config-file", file], value);
}

/** The stack's outputs; secret ones are masked. */
export async function outputsOf(stack: Stack): Promise<unknown> {
  return JSON.parse(await ask(stack, ["stack", "output", "--json", ...nameStack(stack)]));
}

/** The stack's state, in which secrets are encrypted. */
export async function exportOf(stack: Stack): Promise<string> {
  return ask(stack, ["stack", "export", ...nameStack(stack)]);
}

/**
 * Shows what an update would do, as `taskrunner-storage preview` does.
 *
 * @param uri of the database, secret; it need not answer
 */
export async function preview(stack: Stack, uri: string): Promise<void> {
  const { repository, settings } = stack.places;
  const program = join(repository, "cli/bin.cjs");
  const options = ["--settings", settings, "--connect-timeout", "2"];
  const child = spawn(process.execPath, [program, "preview", ...nameStack(stack), ...options], {
    cwd: repository,
    env: { ...stack.environment, TASKRUNNER_MONGO_URI: uri },
    stdio: ["ignore", "inherit", "inherit"],
  });
  await ending(child);
  const isShown = [0, 2, 3].includes(child.exitCode ?? 1);
  if (!isShown) throw new DevError("the preview stopped with the error above");
}

/** Updates the stack. */
export async function updateStack(stack: Stack): Promise<void> {
  await removeDeadLocks(join(stack.places.dev, "pulumi"));
  await show(stack, ["up", "--yes", "--skip-preview", "--suppress-outputs"]);
}

/**
 * Deletes the engine's locks of killed updates, as its error message advises. The lock of a running update stays.
 *
 * @param state the folder of the engine's state backend
 */
export async function removeDeadLocks(state: string): Promise<void> {
  const folder = join(state, ".pulumi", "locks");
  const files = await readdir(folder, { recursive: true }).catch(() => []);
  for (const file of files.filter((name) => name.endsWith(".json"))) {
    const path = join(folder, file);
    const { pid } = z.object({ pid: z.int() }).parse(JSON.parse(await readFile(path, "utf8")));
    if ((await commandLine(pid))?.includes("pulumi") !== true) await rm(path);
  }
}

async function show(stack: Stack, args: readonly string[]): Promise<void> {
  const common = ["--config-file", stack.places.settings, "--suppress-progress"];
  const child = spawn("pulumi", [...args, ...nameStack(stack), ...common], {
    cwd: stack.places.repository,
    env: stack.environment,
    stdio: ["ignore", "pipe", "pipe"],
  });
  child.stderr.pipe(process.stderr);
  const ended = ending(child);
  for await (const line of messagesIn(createInterface(child.stdout))) console.log(line);
  const complaint = await ended;
  if (complaint !== undefined) {
    const found = advice(complaint, stack.places.stack);
    throw new DevError(found ?? "the engine stopped with the error above");
  }
}

async function ask(stack: Stack, args: readonly string[], input = ""): Promise<string> {
  const child = spawn("pulumi", [...args, "--non-interactive"], {
    cwd: stack.places.repository,
    env: stack.environment,
    stdio: ["pipe", "pipe", "pipe"],
  });
  child.stdin.end(input);
  let answer = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (answer += text));
  const complaint = await ending(child);
  if (complaint === undefined) return answer;
  const found = advice(complaint, stack.places.stack);
  throw new DevError(found ?? complaint.replace(/^error: /, "").trim());
}

function nameStack({ places }: Stack): string[] {
  return ["--stack", places.stack.name];
}

/** A failed program's complaint, or undefined. */
async function ending(child: ChildProcess): Promise<string | undefined> {
  let complaint = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (complaint += text));
  // The engine gets the interrupt, too, and ends in order.
  const wait = () => undefined;
  process.on("SIGINT", wait);
  await once(child, "close").finally(() => process.off("SIGINT", wait));
  return child.exitCode === 0 ? undefined : complaint;
}

/** What to do about a complaint of the engine that does not say so itself. */
export function advice(complaint: string, stack: DevStack): string | undefined {
  if (complaint.includes("incorrect passphrase")) {
    const up = makeCommand("up", stack);
    const clean = makeCommand("clean", stack);
    return (
      `the secrets of stack ${stack.name} have another passphrase. Set PULUMI_CONFIG_PASSPHRASE ` +
      `to the one of the first \`${up}\`, or unset it if there was none; or start anew with ` +
      `\`${clean}\``
    );
  }
  if (complaint.includes("currently locked")) {
    return `another command works on stack ${stack.name}. Wait for it, and run this again`;
  }
  return undefined;
}
