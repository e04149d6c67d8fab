import type { ChildProcess } from "node:child_process";
import { join } from "node:path";
import { hasEnded, lastWords, startChild } from "../child";
import { PartError } from "../error";
import { stopByPid } from "../running";
import type { Command } from "./arguments";
import type { ProgramName } from "./names";

/** A program of a control plane that was started. */
export interface RunningProgram {
  readonly name: ProgramName;
  readonly log: string;
  readonly child: ChildProcess;
}

/** Starts a program; its output goes to a file of its name. */
export async function startProgram(
  file: string,
  { name, args }: Command,
  directory: string,
): Promise<RunningProgram> {
  const log = join(directory, `${name}.log`);
  // By force, for the order in which they would have to be ended takes time that is not there then.
  const child = await startChild([file, ...args], { log, lastSignal: "SIGKILL" });
  return { name, log, child };
}

/** Stops programs, the last one first, and waits for each: an API server waits for its etcd. */
export async function stopPrograms(programs: readonly RunningProgram[]): Promise<void> {
  for (const { child } of programs.toReversed()) {
    if (child.pid !== undefined && !hasEnded(child)) await stopByPid(child.pid);
  }
}

/** Ends programs by force: an API server that never found its etcd takes long to end otherwise. */
export async function endPrograms(programs: readonly RunningProgram[]): Promise<void> {
  for (const { child } of programs) child.kill("SIGKILL");
  await stopPrograms(programs);
}

/** @throws PartError with its last words, if one of the programs has ended */
export async function assertRunning(programs: readonly RunningProgram[]): Promise<void> {
  const ended = programs.find(({ child }) => hasEnded(child));
  if (ended !== undefined) throw await failure(ended, "ended at once");
}

/** What is wrong with a program, with its last words. */
export async function failure({ name, log }: RunningProgram, found: string): Promise<PartError> {
  return new PartError(`${name} ${found}. Its last words, from ${log}:\n${await lastWords(log)}`);
}
