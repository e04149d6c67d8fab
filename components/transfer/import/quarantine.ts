import { closeSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { type Raw, WriteError, decode, formatJson } from "../../state";
import type { Quarantined } from "../tally";

/**
 * The file of all records that an import left out, one JSON object a line: `file`, `line` or
 * `entry`, `reason`, `detail`, `other` (the record of the same key that came first), and what the
 * file has, as `raw` or, where that is no valid UTF-8, as `rawBase64` (neither where it is too
 * long, or where the file could not be read). It is written aside and renamed, and there is none
 * where nothing was left out.
 *
 * The records may hold whatever the state holds: keep the file as close as the state itself.
 */
export class QuarantineFile {
  private readonly aside: string;
  private descriptor: number | undefined;

  constructor(private readonly path: string) {
    this.aside = `${path}.${process.pid}.tmp`;
  }

  add(refused: Quarantined, raw?: Raw): void {
    this.descriptor ??= this.open();
    writeSync(this.descriptor, `${JSON.stringify({ ...refused, ...(raw && rawIn(raw)) })}\n`);
  }

  /** Puts the file in its place; what an earlier import left out there is gone. */
  publish(): void {
    if (this.descriptor === undefined) {
      rmSync(this.path, { force: true });
      return;
    }
    closeSync(this.descriptor);
    renameSync(this.aside, this.path);
  }

  /** Leaves the earlier file as it is. */
  discard(): void {
    if (this.descriptor === undefined) return;
    closeSync(this.descriptor);
    rmSync(this.aside, { force: true });
  }

  private open(): number {
    try {
      return openSync(this.aside, "w", 0o600);
    } catch (error) {
      throw new WriteError(
        `Writing the quarantined records to ${this.path}`,
        error,
        "What was imported so far stays. Make the directory writable and run the import again.",
      );
    }
  }
}

function rawIn({ text, entry }: Raw): object {
  if (entry !== undefined) return { raw: formatJson(entry) };
  if (!text.bytes) return {};
  const raw = decode(text);
  return raw === undefined ? { rawBase64: text.bytes.toString("base64") } : { raw };
}
