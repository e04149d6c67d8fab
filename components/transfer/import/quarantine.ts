import { closeSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { type Raw, WriteError, decode, formatJson, temporaryPath } from "../../state";
import type { Quarantined } from "../reports";

/**
 * The file of all quarantined records, one JSON object per line: `file`, `line` or `entry`, `reason`, `detail`, `other`
 * (the first record with the same key), `runId` (MongoDB has different content of it), and the raw record as `raw`, or
 * as `rawBase64` if it is not valid UTF-8. Both are absent if the record is too long or unreadable. The file is written
 * atomically, and deleted if it would be empty.
 *
 * Records may contain secrets, as the state does: protect the file like the state.
 */
export class QuarantineFile {
  private readonly tempPath: string;
  private descriptor: number | undefined;

  constructor(private readonly path: string) {
    this.tempPath = temporaryPath(path);
  }

  /** @throws WriteError if the file cannot be written */
  add(refused: Quarantined, raw?: Raw): void {
    const { text, entry } = raw ?? {};
    const decoded = entry === undefined ? text && decode(text) : formatJson(entry);
    const rawBase64 = decoded === undefined ? text?.bytes?.toString("base64") : undefined;
    const line = `${JSON.stringify({ ...refused, raw: decoded, rawBase64 })}\n`;
    this.writing(() => {
      this.descriptor ??= openSync(this.tempPath, "w", 0o600);
      writeSync(this.descriptor, line);
    });
  }

  /**
   * Publishes the file, which replaces an earlier import's.
   *
   * @throws WriteError if the file cannot be written
   */
  publish(): void {
    const { descriptor, path, tempPath } = this;
    if (descriptor !== undefined) closeSync(descriptor);
    this.writing(() => {
      if (descriptor === undefined) rmSync(path, { force: true });
      else renameSync(tempPath, path);
    });
  }

  /** Leaves the earlier file as it is. */
  discard(): void {
    if (this.descriptor === undefined) return;
    closeSync(this.descriptor);
    rmSync(this.tempPath, { force: true });
  }

  private writing(work: () => void): void {
    try {
      work();
    } catch (error) {
      throw new WriteError(
        `Writing the quarantined records to ${this.path}`,
        error,
        "Imported records stay. Make the directory writable, with free space, and run the import again.",
      );
    }
  }
}
