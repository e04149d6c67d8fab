import { Refusal } from "./errors";

/**
 * The maximum length of a base name in bytes. A file system allows names of 255 bytes, and the temporary name of a log
 * has 25 more than its base name.
 */
const maxBaseName = 230;

/**
 * The base names that a run's files can have: first that of the writer's own system, then that of Windows. They have
 * `_` for each character that a file name cannot contain, so two ids can share a name. None if the id cannot be a name.
 */
export function fileBaseNames(runId: string): string[] {
  if (runId === "" || runId.startsWith(".") || Buffer.byteLength(runId) > maxBaseName) return [];
  const baseName = runId.replace(/[/\0]/g, "_");
  return [...new Set([baseName, baseName.replace(/[\x01-\x1f<>:"\\|?*]/g, "_")])];
}

/** Whether a run's file has one of the names of `fileBaseNames`, in any form of Unicode (NFC, NFD). */
export function isNamed(runId: string, baseName: string): boolean {
  return fileBaseNames(runId).some((name) => name.normalize() === baseName.normalize());
}

/**
 * Requires that a run's file has its name. Under another name, its log, artifacts and approvals would get another run's
 * id.
 *
 * @throws Refusal `encoded-name` if the name is the id in percent-encoding, `name` for any other name, and `form` if the
 *   id cannot be a name
 */
export function requireNamed(runId: string, baseName: string): void {
  if (isNamed(runId, baseName)) return;
  if (fileBaseNames(runId).length === 0) throw unnamable();
  if (decodePercent(baseName)?.normalize() === runId.normalize()) {
    throw new Refusal("encoded-name", "the file's name is the run's id in percent-encoding");
  }
  throw new Refusal("name", "the file does not have the name of the run inside");
}

/** The refusal of a run whose id cannot be a name. */
export function unnamable(): Refusal {
  return new Refusal("form", "this run id cannot be a file name");
}

function decodePercent(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
