import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { Journal, JournalEvent } from "./journal";

/** An append-only file with one line an event. Several processes may write to it. */
export class FileJournal implements Journal {
  private readonly file: string;
  private readonly decisions: string;
  private readonly pausing: string;
  private readonly closing: string;

  /** @param folder made if it is not there */
  constructor(folder: string) {
    this.file = join(folder, "journal.ndjson");
    this.decisions = join(folder, "decisions");
    this.pausing = join(folder, "pause");
    this.closing = join(folder, "close");
    mkdirSync(this.decisions, { recursive: true });
  }

  write(event: JournalEvent): void {
    appendFileSync(this.file, `${JSON.stringify(event)}\n`);
  }

  events(): JournalEvent[] {
    if (!existsSync(this.file)) return [];
    const lines = readFileSync(this.file, "utf8").split("\n");
    return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as JournalEvent);
  }

  /** Asks the services to finish what is in hand and to wait; each says `paused` then. */
  pause(): void {
    writeFileSync(this.pausing, "");
  }

  resume(): void {
    rmSync(this.pausing);
  }

  isPaused(): boolean {
    return existsSync(this.pausing);
  }

  /** Lets web submit nothing more. */
  close(): void {
    writeFileSync(this.closing, "");
  }

  isClosed(): boolean {
    return existsSync(this.closing);
  }

  decideOnce(runId: string, approvalId: string): boolean {
    try {
      const name = `${runId}.${approvalId}`.replaceAll("/", "_");
      writeFileSync(join(this.decisions, name), "", { flag: "wx" });
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
      throw error;
    }
  }
}
