import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeInput } from "./input";
import { writeLarge } from "./large";
import { formatWhole } from "./table";

/** A state directory for measurements. */
export interface Input {
  readonly name: string;
  readonly root: string;
  readonly records: number;
}

/** The inputs of a bench. */
export interface Inputs {
  /** One log each, by its number of lines. */
  readonly lines: ReadonlyMap<number, Input>;
  /** Records of 1 MiB. */
  readonly many: Input;
  /** One record of 16 MiB. */
  readonly one: Input;
}

/** Writes the inputs below a folder: logs by their number of lines, and large records. */
export async function inputsIn(folder: string, sizes: readonly number[]): Promise<Inputs> {
  const lines = new Map<number, Input>();
  for (const records of sizes) lines.set(records, await linesIn(folder, records));
  const many = join(folder, "many");
  const one = join(folder, "one");
  return {
    lines,
    many: { name: "records of 1 MiB", root: many, records: await writeLarge(many, "many") },
    one: { name: "a record of 16 MiB", root: one, records: await writeLarge(one, "one") },
  };
}

/** Writes one log below a folder. */
export async function linesIn(folder: string, records: number): Promise<Input> {
  const root = join(folder, `lines-${records}`);
  const name = `${formatWhole(records)} log lines`;
  const bytes = await writeInput(root, records);
  console.error(`input of ${name}: ${formatWhole(bytes / 1e6)} MB`);
  return { name, root, records };
}

/** A folder that is deleted when this program ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "bench-"));
  process.once("exit", () => {
    rmSync(folder, { recursive: true, force: true });
  });
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));
  return folder;
}
