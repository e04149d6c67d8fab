import { posix } from "node:path";
import {
  type Refusal,
  type StateFile,
  type WholeFileRole,
  conflictsFolder,
  differingPaths,
  fileOf,
  formatJson,
  publish,
  readableKey,
  recordOf,
  refusalIn,
  stampOf,
  wholeFile,
} from "../../state";
import type { ExportTask, Outgoing } from "./run";

/**
 * Writes MongoDB's documents of a file that stays as it is to its conflict copy: the same name in a folder
 * of its own, which no service and no import reads. One that no file can hold is counted as such.
 *
 * @param refusal why nothing can be said of the file; else it has each of the documents otherwise
 */
export async function writeConflictCopy(
  { conflicts: address, tally }: ExportTask,
  { role, name: file, stem }: StateFile & { readonly role: WholeFileRole },
  conflicts: readonly Outgoing[],
  refusal: Refusal | undefined,
): Promise<void> {
  if (conflicts.length === 0) return;
  const { path, name } = fileOf(address, role, stem);
  const copy = posix.join(conflictsFolder, name);
  // The copy of an earlier export is replaced.
  const stamp = await stampOf(path);
  const documents = conflicts.flatMap(({ key, disk, mongo }) => {
    const id = readableKey(key);
    const paths = () => differingPaths(role, disk?.document ?? {}, mongo).join(", ");
    const detail = refusal?.detail ?? `changed on both sides: ${paths()}`;
    try {
      formatJson(recordOf(role, mongo));
      tally.conflict(role, { id, file, copy, detail });
      return [mongo];
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
