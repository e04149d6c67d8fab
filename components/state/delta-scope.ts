import { open } from "node:fs/promises";
import { join } from "node:path";
import { blocksOf } from "./concurrency";
import { HashSet, shortHash } from "./digests";
import { isMissing } from "./errors";
import type { CutoverRecord, CutoverToken } from "./cutover-record";
import { type StateAddress, filesOf } from "./layout";
import { ownFiles } from "./own-files";
import { publish } from "./publish";
import { type FindFinished, type FileWithStat, readRunFiles } from "./run-files";
import { formatStat, readStat } from "./file-stat";

/** The documents and files that the bulk pass of a rollback leaves to the delta pass. */
export interface DeltaScope {
  /** When the cutover in force was recorded, in ISO 8601. */
  readonly cutoverAt: string;
  /** The token of `cutover.json` at the bulk pass; a text if an earlier version saved it. */
  readonly token?: CutoverToken | string | undefined;
  /** The moment since which updated documents may not have been exported, in ISO 8601. Absent if MongoDB was not read. */
  readonly since?: string;
  /** The runs that MongoDB had unfinished when they were read. */
  readonly runs: readonly string[];
  /** The files of finished runs, which stay finished as long as their stat is the same. */
  readonly findFinished: FindFinished;
}

/**
 * Saves the delta scope, with the file of each finished run.
 *
 * @param findFinished finds files of finished runs, which are not read; default: none
 * @throws WriteError
 */
export async function saveDeltaScope(
  address: StateAddress,
  scope: Omit<DeltaScope, "findFinished">,
  findFinished?: FindFinished,
): Promise<void> {
  const path = join(address.root, ownFiles.deltaScope);
  await publish(path, await readStat(path), async (to) => {
    await to.appendFile(`${JSON.stringify(scope)}\n`);
    for await (const files of blocksOf(readRunFiles(address, findFinished))) {
      const finished = files.filter(({ mayExecute }) => !mayExecute);
      const lines = finished.map(({ file, stat }) => {
        return `${JSON.stringify([file.name, stat && formatStat(stat)])}\n`;
      });
      await to.appendFile(lines.join(""));
    }
  });
}

/**
 * Reads the delta scope that a bulk pass saved in this cutover. Undefined without one, if `cutover.json` is an older copy
 * than it had, or if a file that the pass saw is gone: a restored directory may lack any other file too.
 */
export async function readDeltaScope(
  address: StateAddress,
  cutoverRecord: CutoverRecord,
): Promise<DeltaScope | undefined> {
  const file = await open(join(address.root, ownFiles.deltaScope)).catch((error: unknown) => {
    if (!isMissing(error)) throw error;
  });
  if (!file) return undefined;
  let scope: Omit<DeltaScope, "findFinished"> | undefined;
  const names: number[] = [];
  const finished: number[] = [];
  try {
    for await (const line of file.readLines()) {
      if (scope) {
        const [name, stat] = JSON.parse(line) as [string, string?];
        names.push(shortHash(name));
        finished.push(shortHash(nameWithStat(name, stat)));
      } else {
        scope = JSON.parse(line) as Omit<DeltaScope, "findFinished">;
        if (!wasSavedBefore(scope, cutoverRecord)) return undefined;
      }
    }
    if (!scope || !(await areThere(address, new HashSet(names)))) return undefined;
    const known = new HashSet(finished);
    const isFinished = ({ file: { name }, stat }: FileWithStat) =>
      stat !== undefined && known.has(nameWithStat(name, formatStat(stat)));
    const findFinished = (files: readonly FileWithStat[]) =>
      Promise.resolve(new Set(files.filter(isFinished).map(({ file }) => file.name)));
    return { ...scope, findFinished };
  } catch (error) {
    // Without a delta scope, every file is read.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  } finally {
    await file.close();
  }
}

/** Whether a delta scope was saved in this cutover, before this state of `cutover.json` or at it. */
function wasSavedBefore(
  { cutoverAt, token: saved }: Pick<DeltaScope, "cutoverAt" | "token">,
  { at, token, tokens = [] }: CutoverRecord,
): boolean {
  if (cutoverAt !== at || saved === undefined) return false;
  if (typeof saved === "string") return token !== undefined || tokens.includes(saved);
  return token !== undefined && saved.n <= token.n;
}

function nameWithStat(name: string, stat: string | undefined): string {
  return `${name} ${stat}`;
}

async function areThere(address: StateAddress, wanted: HashSet): Promise<boolean> {
  let count = 0;
  for await (const files of filesOf(address, "runs")) {
    count += files.filter(({ name }) => wanted.has(name)).length;
  }
  return count === wanted.size;
}
