import type { Document } from "mongodb";
import { existsSync } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { Refusal, fileOf, formatRecord, heldAddress, recordOf, refusalIn } from "../../state";
import { type BothLogs, type LogScan, sequenceOf } from "./log-entries";
import type { ExportTally } from "./report";

/** So many characters are gathered before they are written. */
const chunkLength = 256 * 1024;

/** Writes the lines that a log gets at its end, and counts them when they are published. */
export class LogWriter {
  private text: string;
  private line: bigint;
  private bytes = 0;
  private written = 0;
  private readonly refused: (readonly [id: string, refusal: Refusal])[] = [];
  private namesRun: boolean | undefined;

  constructor(
    private readonly logs: BothLogs,
    private readonly scan: LogScan | undefined,
    private readonly tally: ExportTally,
  ) {
    // A half-written last line stays a line of its own.
    this.text = scan && !scan.ended ? "\n" : "";
    this.line = BigInt(scan?.lines ?? 0);
  }

  async add(file: FileHandle, document: Document): Promise<void> {
    try {
      this.text += `${formatRecord(this.record(document))}\n`;
      this.line += 1n;
      this.written += 1;
    } catch (error) {
      this.refused.push([`${this.logs.runId}:${String(document.sequence)}`, refusalIn(error)]);
    }
    if (this.text.length > chunkLength) await this.end(file);
  }

  async end(file: FileHandle): Promise<void> {
    this.bytes += Buffer.byteLength(this.text);
    await file.appendFile(this.text);
    this.text = "";
  }

  /** To be called when the file has its name; returns how many entries were dealt with. */
  count(): number {
    this.tally.settle("logs", "written", this.written);
    for (const [id, refusal] of this.refused) this.tally.refuse("logs", id, refusal);
    this.tally.files += 1;
    this.tally.bytes += this.bytes;
    return this.written + this.refused.length;
  }

  private record(document: Document): ReadonlyMap<string, unknown> {
    const record = recordOf("logs", document);
    if (this.scan?.last && !this.scan.facts.numbered) {
      this.requireNext(document);
      record.delete("sequence");
    }
    this.namesRun ??= this.isUnknown();
    return this.namesRun ? new Map([["runId", this.logs.runId], ...record]) : record;
  }

  /** If no line of a log has a sequence, the line's number is it. */
  private requireNext(document: Document): void {
    if (sequenceOf(document) === this.line + 1n) return;
    throw new Refusal(
      "form",
      `the log's lines have no sequence, and line ${this.line + 1n} is next`,
    );
  }

  /** Whether neither the file's name nor a run's file tells whose log it is, as of a new run. */
  private isUnknown(): boolean {
    const { runId, place, sides } = this.logs;
    if (place.stem === runId) return false;
    const runs = [sides, heldAddress(sides)].map((one) => fileOf(one, "runs", place.stem));
    return !runs.some(({ path }) => existsSync(path));
  }
}
