import { open, rename, writeFile } from "node:fs/promises";
import { relative } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Random } from "../../../tools/sample/random";
import { type Form, fromFile } from "../form";
import { type Journal, writeEnd } from "../journal";
import type { RunRecord } from "../records";

/** A service ended in the middle of a write. */
export class Killed extends Error {
  override readonly name = "Killed";
}

/** How a rough writer behaves; each may change while it is used. */
export interface Roughness {
  /** Whether files are truncated and written in pieces; else all at once, aside. */
  inPlace: boolean;
  /** Whether the next write is the last thing that its service does. */
  kills: boolean;
  /** The longest pause between two pieces, in ms. */
  pauseMs: number;
}

/** Writes files as a service may whose author did not think of readers. */
export class RoughWriter {
  /** What is to be in files that are broken, because their writer was killed or nobody can read them. */
  readonly broken = new Map<string, string>();
  readonly roughness: Roughness = { inPlace: false, kills: false, pauseMs: 0 };

  /** @param journal is told which steps a killed write was to record as done */
  constructor(
    private readonly random: Random,
    private readonly journal: Journal,
    readonly form: Form,
  ) {}

  /** @throws Killed if its service ends in the middle */
  async write(file: string, text: string): Promise<void> {
    const { inPlace, pauseMs } = this.roughness;
    // Web reads approvals too, and a file of its own that is broken is nothing new to it.
    const kills = this.roughness.kills && !file.includes("/approvals/");
    const { random } = this;
    const half = kills ? random.pick([0, random.between(0, text.length - 2)]) : text.length >> 1;
    const handle = await open(inPlace || kills ? file : `${file}.tmp`, "w");
    try {
      await handle.write(text.slice(0, half));
      if (kills) {
        this.roughness.kills = false;
        this.broken.set(file, text);
        const { steps, ...run } = JSON.parse(text) as Partial<RunRecord>;
        if (steps) writeEnd(this.journal, fromFile(this.form, { ...run, steps } as RunRecord));
        throw new Killed(`killed while it wrote ${file}`);
      }
      if (pauseMs > 0) await sleep(random.between(0, pauseMs));
      await handle.write(text.slice(half));
    } finally {
      await handle.close();
    }
    if (!inPlace) await rename(`${file}.tmp`, file);
    this.broken.delete(file);
  }

  /** The broken files that a text names, relative to a folder. */
  brokenAmong(text: string, folder: string): string[] {
    const names = [...this.broken.keys()].map((file) => relative(folder, file));
    return names.filter((name) => text.includes(name));
  }

  /** Writes what is broken, as somebody who has a copy. */
  async repair(): Promise<void> {
    const all = [...this.broken];
    this.broken.clear();
    for (const [file, text] of all) await writeFile(file, text);
  }
}
