import { setTimeout as wait } from "node:timers/promises";
import { expect, it } from "vitest";
import {
  type Batch,
  type FileRecords,
  type RunGroup,
  batchBytes,
  workOn,
} from "../../components/transfer/disk/batches";

const mebibyte = 1024 * 1024;

/** A record of a run, which is all of its file; one of 1 MiB makes a batch of its own. */
function record(run: string, bytes = mebibyte): FileRecords {
  return { records: [{ role: "runs", key: run, document: {}, bytes }] } as unknown as FileRecords;
}

/** A group of records that follow each other. */
function group(...chunks: FileRecords[]): RunGroup {
  const bytes = chunks.flatMap(({ records }) => records).reduce((sum, one) => sum + one.bytes, 0);
  return { chunks: asList(...chunks), bytes: Math.min(bytes, batchBytes) };
}

const large = (...chunks: FileRecords[]): RunGroup => ({
  ...group(...chunks),
  bytes: batchBytes + 1,
});

const name = ({ records }: Batch) => records.map(({ key }) => key).join("");

async function* asList<T>(...items: T[]): AsyncGenerator<T> {
  yield* items;
  await Promise.resolve();
}

/** Works on groups and says when each batch began and ended. */
async function logOf(...groups: RunGroup[]): Promise<string[]> {
  const log: string[] = [];
  await workOn(asList(...groups), async (one) => {
    log.push(`begin ${name(one)}`);
    await wait(5);
    log.push(`end ${name(one)}`);
  });
  return log;
}

it("several groups are worked on at once, at most four", async () => {
  const log = await logOf(...["a", "b", "c", "d", "e"].map((run) => group(record(run))));
  expect(log.slice(0, 4)).toEqual(["begin a", "begin b", "begin c", "begin d"]);
  expect(log.indexOf("begin e")).toBeGreaterThan(log.indexOf("end a"));
});

it("the batches of a group follow each other", async () => {
  expect(await logOf(group(record("a"), record("b")))).toEqual([
    "begin a",
    "end a",
    "begin b",
    "end b",
  ]);
});

it("a group goes on while another one has much to do", async () => {
  const log = await logOf(
    large(...["a", "b", "c"].map((run) => record(run, 5 * mebibyte))),
    ...["d", "e", "f", "g", "h"].map((run) => group(record(run))),
  );
  expect(log.indexOf("end h")).toBeLessThan(log.indexOf("end c"));
});

it("a batch is finished after its work, and none of a group after one that failed", async () => {
  const finished: string[] = [];
  const work = async (one: Batch) => {
    await wait(5);
    if (name(one) === "c") throw new Error("no space left");
    return name(one).toUpperCase();
  };
  const done = workOn(
    asList(group(...["a", "b", "c", "d"].map((run) => record(run)))),
    work,
    (one) => finished.push(one),
  );
  await expect(done).rejects.toThrow("no space left");
  expect(finished).toEqual(["A", "B"]);
});

it("of the runs with more bytes than a group has, one is worked on at a time", async () => {
  const log = await logOf(...["a", "b"].map((run) => large(record(run, 2 * mebibyte))));
  expect(log).toEqual(["begin a", "end a", "begin b", "end b"]);
});

it("what cannot be read is thrown when what was read before it is done", async () => {
  const done: string[] = [];
  const failing = async function* () {
    yield* [group(record("a")), group(record("b"))];
    await Promise.reject(new Error("no such folder"));
  };
  const work = async (one: Batch) => {
    await wait(5);
    done.push(name(one));
  };
  await expect(workOn(failing(), work)).rejects.toThrow("no such folder");
  expect(done).toEqual(["a", "b"]);
});

it("the next batch is read while one is worked on, but not beside a large record", async () => {
  const log: string[] = [];
  const reading = async function* () {
    for (const one of [record("a", 4 * mebibyte + 1), record("b", 4 * mebibyte), record("c")]) {
      log.push(`read ${one.records[0]?.key ?? ""}`);
      yield one;
      await Promise.resolve();
    }
  };
  await workOn(asList({ ...large(), chunks: reading() }), async (one) => {
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
  const groups = ["a", "b", "c", "d", "e", "f"].map((run) => group(record(run), record(`${run}2`)));
  await expect(workOn(asList(...groups), work)).rejects.toThrow("no space left");
  expect(log).toEqual(["b", "c", "d"]);
});

it("the next batch of a large run goes when it is awaited, and one of several runs when it is full", async () => {
  const sizesOf = async (toGroup: typeof group) => {
    const sizes: number[] = [];
    const chunks = Array.from({ length: 6 }, () => record("a", batchBytes / 3));
    const slowly = async function* () {
      for (const one of chunks) {
        await wait(2);
        yield one;
      }
    };
    const slow = { ...toGroup(...chunks), chunks: slowly() };
    await workOn(asList(slow), (one) => Promise.resolve(sizes.push(one.bytes)));
    return sizes.map((size) => (size * 3) / batchBytes);
  };
  expect(await sizesOf(large)).toEqual([1, 1, 1, 1, 1, 1]);
  expect(await sizesOf(group)).toEqual([3, 3]);
});
