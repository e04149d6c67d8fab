import { existsSync } from "node:fs";
import { copyFile, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { expect } from "vitest";
import { repository } from "../../tools/parts";

/** Copies the repository as a reader has it: what is in git, and no packages. */
export async function cloneTo(location: string): Promise<void> {
  const list = ["ls-files", "--cached", "--others", "--exclude-standard", "-z"];
  const { stdout } = await execa("git", list, { cwd: repository });
  for (const file of stdout
    .split("\0")
    .filter((name) => name !== "" && existsSync(join(repository, name)))) {
    await mkdir(dirname(join(location, file)), { recursive: true });
    await copyFile(join(repository, file), join(location, file));
  }
}

/** A reader's shell has nothing of the `make` that may run these tests, which would print its folders. */
const noMake = { MAKEFLAGS: undefined, MFLAGS: undefined, MAKELEVEL: undefined };

/** A shell of a reader in a folder. What a line exports, the next ones have. */
export interface ReaderShell {
  /**
   * Runs a line of a page, which has to end with one of these statuses.
   *
   * @param input what the line asks for
   * @returns standard output and standard error, as they came
   */
  run(line: string, input?: string, ...statuses: readonly number[]): Promise<string>;
}

export function shellIn(cwd: string, env: Readonly<Record<string, string>> = {}): ReaderShell {
  const exported: string[] = [];
  return {
    run: async (line, input = "", ...statuses) => {
      const script = [...exported, line].join("\n");
      const options = { cwd, env: { ...env, ...noMake }, input, all: true, reject: false } as const;
      const { all, exitCode } = await execa("sh", ["-c", script], options);
      expect(statuses.length === 0 ? [0] : statuses, `${line}\n${all}`).toContain(exitCode);
      if (line.startsWith("export ")) exported.push(line);
      return all;
    },
  };
}

const anHour = 3_600_000;

/** A screen in which times and processes are the same on any day and machine, without progress. */
export function onAnyMachine(printed: string, folder: string): string {
  const lines = printed
    .replaceAll(/\b\S+ \S+, process \d+/g, "SERVER, process 4711")
    .replaceAll(/\b20\d\d-\d\d-\d\dT[\d:.]+Z/g, (moment) =>
      // Those of the sample are always the same.
      Math.abs(Date.parse(moment) - Date.now()) < anHour ? "2025-11-06T12:00:00.000Z" : moment,
    )
    .replaceAll(/(?<=Duration: )\S+/g, "44s")
    .replaceAll(/\b[\d.]+ (?:s|min \d+ s)\b/g, "… s")
    .replaceAll(folder, "")
    .split("\n")
    // Progress depends on the machine, and so do the parts that it lacks.
    .filter((line) => !/ records, .* in … s, |^npm: |^sample: /.test(line));
  return `${lines.join("\n").trim()}\n`;
}
