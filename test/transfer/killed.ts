import { AsyncLocalStorage } from "node:async_hooks";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { Collection } from "mongodb";
import { expect, onTestFinished, vi } from "vitest";

const { KILLS = "20", KILL_SEED = "20251106" } = process.env;

/** How often an import is killed; an export half as often. More, and at other moments, every week. */
export const kills = Number(KILLS);

/** Numbers between 0 and 1 that are the same in every run of a test, but for another KILL_SEED. */
export function* randomNumbers(seed = Number(KILL_SEED)): Generator<number, never> {
  for (let state = seed; ;) {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    yield state / 2 ** 31;
  }
}

/**
 * Starts a program and kills it so long after it said that it began; whether it was in time.
 *
 * @param program its file, which node runs
 * @param task its argument, as JSON
 */
export async function killedAfter(program: string, task: object, ms: number): Promise<boolean> {
  const command = [program, JSON.stringify(task)];
  const running = spawn(process.execPath, command, { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(running, "exit");
  await Promise.race([once(running.stdout, "data"), ended]);
  setTimeout(() => running.kill("SIGKILL"), ms);
  const [code, signal] = (await ended) as [number | null, string | null];
  if (signal === null) expect(code).toBe(0);
  return signal === "SIGKILL";
}

/** Where an import or an export may be killed: before it writes what it announced, or right after. */
type Moment = "announced" | "written";

const writers = new AsyncLocalStorage<Writer<unknown>>();

/** An import or an export that waits once it has announced what it will write. */
export class Writer<T> {
  private readonly reached = newSignal();
  private readonly lines = newSignal();
  private readonly ended: Promise<T>;
  private killedAt: Moment | undefined;

  constructor(work: () => Promise<T>) {
    watchBases();
    this.ended = writers.run(this, work);
    this.ended.catch(() => undefined);
  }

  /** Waits until it waits, or has ended. */
  async waits(): Promise<void> {
    await Promise.race([this.reached.given, this.ended]);
  }

  /** Lets it go on to its end. */
  end(): Promise<T> {
    this.lines.give();
    return this.ended;
  }

  /** Lets it go on to where it is killed. */
  async kill(at: Moment = "written"): Promise<void> {
    this.killedAt = at;
    await expect(this.end()).rejects.toThrow("killed");
  }

  /** It comes to a moment. */
  async pass(moment: Moment): Promise<void> {
    if (moment === "announced") {
      this.reached.give();
      await this.lines.given;
    }
    // Trouble of the machine, which is no refusal of one run.
    const killed = Object.assign(new Error("killed"), { syscall: "kill" });
    if (moment === this.killedAt) throw killed;
  }
}

function newSignal() {
  let give: () => void = () => undefined;
  const given = new Promise<void>((resolve) => (give = resolve));
  return { given, give };
}

/** Tells writers of their own announcements, and before they settle, until the test has finished. */
function watchBases(): void {
  const write = Reflect.get(Collection.prototype, "bulkWrite");
  if (vi.isMockFunction(write)) return;
  const writes = vi.spyOn(Collection.prototype, "bulkWrite");
  writes.mockImplementation(async function (this: Collection, ...args) {
    const writer = writers.getStore();
    const asked = JSON.stringify(args);
    if (asked.includes('"agreed":{')) await writer?.pass("written");
    const done = await write.apply(this, args);
    if (asked.includes('"$addToSet"')) await writer?.pass("announced");
    return done;
  });
  onTestFinished(() => {
    writes.mockRestore();
  });
}

/** Lets an import or an export end behind its first write, before it settles the merge bases. */
export async function killedBeforeSettling(work: () => Promise<unknown>): Promise<void> {
  await new Writer(work).kill();
}

/**
 * Two imports or exports at the same time: both announce what they will write, the first writes it and is killed, and the
 * second goes on.
 *
 * @param between changes what the second one finds
 */
export async function killedBeside<T>(
  work: () => Promise<T>,
  between: () => Promise<unknown>,
): Promise<T> {
  const first = new Writer(work);
  await first.waits();
  await between();
  const second = new Writer(work);
  await second.waits();
  await first.kill();
  return second.end();
}
