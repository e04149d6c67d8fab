import { posix } from "node:path";
import type { Document } from "mongodb";
import {
  type Stamp,
  type StateFile,
  type WholeFileRole,
  conflictsFolder,
  fileOf,
  formatJson,
  publish,
  readableKey,
  recordOf,
  refusalIn,
  stampOf,
  wholeFile,
} from "../../state";
import { type Tally, keep } from "../tally";
import type { ExportTask } from "./run";
import type { Decided } from "./write-file";

/** Where MongoDB's content goes if a file stays as it is. */
export interface ConflictCopy {
  /** The file that stays. */
  readonly file: StateFile;
  readonly path: string;
  /** The path below the state directory with `/`. */
  readonly name: string;
  /** The copy of an earlier export, which this one replaces. */
  readonly stamp: Stamp;
}

/** The conflict copy of a file: the same name in a folder of its own, which no service and no import reads. */
export async function conflictCopyOf(
  { conflicts }: ExportTask,
  file: StateFile,
): Promise<ConflictCopy> {
  const { path, name } = fileOf(conflicts, file.role, file.stem);
  return { file, path, name: posix.join(conflictsFolder, name), stamp: await stampOf(path) };
}

interface Conflict {
  readonly id: string;
  readonly document: Document;
  readonly detail: string;
}

/** Counts a document for a conflict copy; false if no file can hold it, which is counted instead. */
export function countConflict(
  tally: Tally,
  { file, name: copy }: ConflictCopy,
  { id, document, detail }: Conflict,
): boolean {
  try {
    formatJson(recordOf(file.role, document));
    tally.count(file.role, "conflicts");
    keep(tally.conflicts, { id, file: file.name, copy, detail });
    return true;
  } catch (error) {
    tally.refuseDocument(file.role, id, refusalIn(error));
    return false;
  }
}

/** Writes the documents of one file to its conflict copy. */
export async function writeConflictCopy(
  task: ExportTask,
  file: StateFile & { readonly role: WholeFileRole },
  conflicts: readonly Decided[],
): Promise<void> {
  const { role } = file;
  const copy = await conflictCopyOf(task, file);
  const documents = conflicts.flatMap(({ key, mongo: { document }, detail = "" }) => {
    const conflict = { id: readableKey(key), document, detail };
    return countConflict(task.tally, copy, conflict) ? [document] : [];
  });
  if (documents.length === 0) return;
  const records = documents.map((document) => recordOf(role, document));
  const content = formatJson(wholeFile(role, records, undefined, documents), 2);
  await publish(copy.path, copy.stamp, (to) => to.writeFile(`${content}\n`));
}
