import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Journal, JournalEvent } from "./journal";

/** An append-only file with one line an event. Several processes may write to it. */
export class FileJournal implements Journal {
  private readonly file: string;
  private readonly decisions: string;

  /** @param folder made if it is not there */
  constructor(folder: string) {
    this.file = join(folder, "journal.ndjson");
    this.decisions = join(folder, "decisions");
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
