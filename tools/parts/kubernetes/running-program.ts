import { join } from "node:path";
import { lastWords, startChild } from "../child";
import { commandLine, killByPid, stopByPid } from "../running";
import { PartError } from "../sources";
import type { ProgramName } from "./programs";

/** A program's file and its arguments. */
export type CommandLine = readonly [program: string, ...args: string[]];

/** A started program of a control plane. */
export interface RunningProgram {
  readonly name: ProgramName | "node";
  readonly pid: number;
}

/** Options of a start. */
export interface ProgramOptions {
  /** The control plane's folder, which gets a log file of the program's name. */
  readonly directory: string;
  /** Whether it outlives this program. */
  readonly detached: boolean;
}

/** Starts a program. */
export async function startProgram(
  name: RunningProgram["name"],
  line: CommandLine,
  { directory, detached }: ProgramOptions,
): Promise<RunningProgram> {
  const log = logOf(name, directory);
  // By force: an orderly stop takes too long at exit.
  const child = await startChild(line, { log, detached, lastSignal: "SIGKILL" });
  return { name, pid: child.pid ?? 0 };
}

/** Whether a program still runs; another one may have its id by now. */
export async function isRunning({ pid }: RunningProgram, directory: string): Promise<boolean> {
  // The arguments of each program name a file in its folder.
  return (await commandLine(pid))?.includes(`${directory}/`) === true;
}

/**
 * Stops programs in reverse order, and waits for each: an API server waits for its etcd.
 *
 * @returns the number of programs that ran
 */
export async function stopPrograms(
  programs: readonly RunningProgram[],
  directory: string,
): Promise<number> {
  let ran = 0;
  for (const program of programs.toReversed()) {
    if (!(await isRunning(program, directory))) continue;
    // A node ends with all that it runs only if its first process is killed.
    await (program.name === "node" ? killByPid : stopByPid)(program.pid);
    ran += 1;
  }
  return ran;
}

/** Kills programs: an API server that never found its etcd takes long to stop. */
export async function endPrograms(
  programs: readonly RunningProgram[],
  directory: string,
): Promise<void> {
  for (const program of programs) {
    if (await isRunning(program, directory)) await killByPid(program.pid);
  }
}

/** @throws PartError with its last output, if one of the programs has ended */
export async function assertRunning(
  programs: readonly RunningProgram[],
  directory: string,
): Promise<void> {
  for (const program of programs) {
    if (!(await isRunning(program, directory))) {
      throw await failure(program.name, directory, "ended at once");
    }
  }
}

/** An error about a program, with its last output. */
export async function failure(
  name: RunningProgram["name"],
  directory: string,
  found: string,
): Promise<PartError> {
  const log = logOf(name, directory);
  return new PartError(`${name} ${found}. Its last words, from ${log}:\n${await lastWords(log)}`);
}

function logOf(name: RunningProgram["name"], directory: string): string {
  return join(directory, `${name}.log`);
}
