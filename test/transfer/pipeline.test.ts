import { setTimeout as wait } from "node:timers/promises";
import { Long } from "mongodb";
import { expect, it } from "vitest";
import { type Batch, workOn } from "../../components/transfer/import/pipeline";

/** A batch of one record of a run. */
function batch(run: string, bytes = 1): Batch {
  const records = [{ role: "runs", key: run, document: {}, bytes }];
  return { records, reached: [], bytes } as unknown as Batch;
}

/** A batch of a run's log, from one sequence to another. */
function logBatch(run: string, ...sequences: number[]): Batch {
  const records = sequences.map((sequence) => {
    const document = { runId: run, sequence: Long.fromNumber(sequence) };
    return { role: "logs", key: `${run}${sequence} `, document, bytes: 1 };
  });
  return { records, reached: [], bytes: 1 } as unknown as Batch;
}

const name = ({ records }: Batch) => records.map(({ key }) => key).join("");
const kilobytes = 1024;

async function* asList(...batches: Batch[]) {
  yield* batches;
  await Promise.resolve();
}

/** Works on batches and says when each began and ended. */
async function logOf(...batches: Batch[]): Promise<string[]> {
  const log: string[] = [];
  await workOn(asList(...batches), async (one) => {
    log.push(`begin ${name(one)}`);
    await wait(5);
    log.push(`end ${name(one)}`);
  });
  return log;
}

it("batches of several runs are worked on at once, at most four", async () => {
  const log = await logOf(...["a", "b", "c", "d", "e"].map((run) => batch(run)));
  expect(log.slice(0, 4)).toEqual(["begin a", "begin b", "begin c", "begin d"]);
  expect(log.indexOf("begin e")).toBeGreaterThan(log.indexOf("end a"));
});

it("a batch with something of a run at work waits for it", async () => {
  expect(await logOf(batch("a"), batch("a"))).toEqual(["begin a", "end a", "begin a", "end a"]);
});

it("batches of one log are worked on at once, if their sequences lie apart", async () => {
  expect(await logOf(logBatch("a", 1, 2), logBatch("a", 3, 4), logBatch("a", 4, 5))).toEqual([
    ...["begin a1 a2 ", "begin a3 a4 ", "end a1 a2 ", "end a3 a4 "],
    ...["begin a4 a5 ", "end a4 a5 "],
  ]);
});

it("a run waits for its log, and what else belongs to it for the other", async () => {
  expect(await logOf(logBatch("a", 1), batch("a"), logBatch("a", 2))).toEqual([
    ...["begin a1 ", "end a1 ", "begin a", "end a", "begin a2 ", "end a2 "],
  ]);
});

it("batches are finished in their order, and none behind one that failed", async () => {
  const finished: string[] = [];
  const times = new Map([
    ["a", 20],
    ["c", 10],
  ]);
  const work = async (one: Batch) => {
    await wait(times.get(name(one)) ?? 1);
    if (name(one) === "c") throw new Error("no space left");
    return name(one).toUpperCase();
  };
  const batches = ["a", "b", "c", "d"].map((run) => batch(run));
  const done = workOn(asList(...batches), work, (result) => finished.push(result));
  await expect(done).rejects.toThrow("no space left");
  expect(finished).toEqual(["A", "B"]);
});

it("batches at work have at most 4 MiB together", async () => {
  const half = 600 * kilobytes;
  const log = await logOf(...["a", "b", "c", "d"].map((run) => batch(run, 2 * half)));
  expect(log.indexOf("begin b")).toBeGreaterThan(log.indexOf("end a"));
});

it("what cannot be read is thrown when what was read before it is done", async () => {
  const done: string[] = [];
  const failing = async function* () {
    yield* [batch("a"), batch("b")];
    await Promise.reject(new Error("no such folder"));
  };
  const work = async (one: Batch) => {
    await wait(5);
    done.push(name(one));
  };
  await expect(workOn(failing(), work)).rejects.toThrow("no such folder");
  expect(done).toEqual(["a", "b"]);
});

it("nothing is read ahead of a batch of more than 1 MiB", async () => {
  const log: string[] = [];
  const reading = async function* () {
    for (const one of [batch("a", 1024 * kilobytes + 1), batch("b"), batch("c")]) {
      log.push(`read ${name(one)}`);
      yield one;
      await Promise.resolve();
    }
  };
  await workOn(reading(), async (one) => {
    await wait(5);
    log.push(`done ${name(one)}`);
  });
  expect(log).toEqual(["read a", "done a", "read b", "read c", "done b", "done c"]);
});

it("what fails is thrown when nothing is at work any more, and nothing after it begins", async () => {
  const log: string[] = [];
  const work = async (one: Batch) => {
    await wait(name(one) === "a" ? 1 : 20);
    if (name(one) === "a") throw new Error("no space left");
    log.push(name(one));
  };
  const batches = ["a", "b", "c", "d", "e", "f"].map((run) => batch(run));
  await expect(workOn(asList(...batches), work)).rejects.toThrow("no space left");
  expect(log).toEqual(["b", "c", "d"]);
});
