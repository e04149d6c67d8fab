import { join } from "node:path";
import { lastWords, startChild } from "../child";
import { commandLine, killByPid, stopByPid } from "../running";
import { PartError } from "../sources";
import type { ProgramCommand } from "./arguments";
import type { ProgramName } from "./programs";

/** A program of a control plane that was started, by this program or by an earlier one. */
export interface RunningProgram {
  readonly name: ProgramName;
  readonly pid: number;
}

/** How a program is started. */
export interface ProgramOptions {
  /** The control plane's folder; the program's output goes to a file of its name there. */
  readonly directory: string;
  /** It outlives this program. */
  readonly detached: boolean;
}

/** Starts a program. */
export async function startProgram(
  file: string,
  { name, args }: ProgramCommand,
  { directory, detached }: ProgramOptions,
): Promise<RunningProgram> {
  const log = logOf(name, directory);
  // By force, for the order in which they would have to be ended takes time that is not there then.
  const child = await startChild([file, ...args], { log, detached, lastSignal: "SIGKILL" });
  return { name, pid: child.pid ?? 0 };
}

/** Whether a program still runs; its id may belong to another by now. */
export async function isRunning({ pid }: RunningProgram, directory: string): Promise<boolean> {
  // Every program of a control plane is told of a file in its folder.
  return (await commandLine(pid))?.includes(`${directory}/`) === true;
}

/**
 * Stops programs, the last one first, and waits for each: an API server waits for its etcd.
 *
 * @returns how many ran
 */
export async function stopPrograms(
  programs: readonly RunningProgram[],
  directory: string,
): Promise<number> {
  let ran = 0;
  for (const program of programs.toReversed()) {
    if (!(await isRunning(program, directory))) continue;
    await stopByPid(program.pid);
    ran += 1;
  }
  return ran;
}

/** Ends programs by force: an API server that never found its etcd takes long to end otherwise. */
export async function endPrograms(
  programs: readonly RunningProgram[],
  directory: string,
): Promise<void> {
  for (const program of programs) {
    if (await isRunning(program, directory)) await killByPid(program.pid);
  }
}

/** @throws PartError with its last words, if one of the programs has ended */
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

/** What is wrong with a program, with its last words. */
export async function failure(
  name: ProgramName,
  directory: string,
  found: string,
): Promise<PartError> {
  const log = logOf(name, directory);
  return new PartError(`${name} ${found}. Its last words, from ${log}:\n${await lastWords(log)}`);
}

function logOf(name: ProgramName, directory: string): string {
  return join(directory, `${name}.log`);
}
