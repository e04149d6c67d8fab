import { posix } from "node:path";
import {
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
import type { ExportTask } from "./run";
import type { Decided } from "./write-file";

/**
 * Writes MongoDB's documents of a file that stays as it is to its conflict copy: the same name in a folder
 * of its own, which no service and no import reads. One that no file can hold is counted as such.
 */
export async function writeConflictCopy(
  { conflicts: address, tally }: ExportTask,
  { role, name: file, stem }: StateFile & { readonly role: WholeFileRole },
  conflicts: readonly Decided[],
): Promise<void> {
  const { path, name } = fileOf(address, role, stem);
  const copy = posix.join(conflictsFolder, name);
  // The copy of an earlier export is replaced.
  const stamp = await stampOf(path);
  const documents = conflicts.flatMap(({ key, mongo: { document }, detail = "" }) => {
    const id = readableKey(key);
    try {
      formatJson(recordOf(role, document));
      tally.conflict(role, { id, file, copy, detail });
      return [document];
    } catch (error) {
      tally.refuseDocument(role, id, refusalIn(error));
      return [];
    }
  });
  if (documents.length === 0) return;
  const records = documents.map((document) => recordOf(role, document));
  const content = formatJson(wholeFile(role, records, undefined, documents), 2);
  await publish(path, stamp, (to) => to.writeFile(`${content}\n`));
}
