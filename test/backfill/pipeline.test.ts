import { setTimeout as wait } from "node:timers/promises";
import { expect, it } from "vitest";
import { type Batch, workOn } from "../../components/transfer/import/pipeline";

/** A batch of records that have nothing but keys and a byte each. */
function batch(...keys: string[]): Batch {
  const records = keys.map((key) => ({ key, bytes: 1 }));
  return { role: "logs", records, reached: [] } as unknown as Batch;
}

/** A batch of one record of so many bytes. */
function large(key: string, bytes: number): Batch {
  return { role: "runs", records: [{ key, bytes }], reached: [] } as unknown as Batch;
}

const name = ({ records }: Batch) => records.map(({ key }) => key).join("");

it("a batch begins when the one before is done, and is read while that one is worked on", async () => {
  const log: string[] = [];
  const asList = async function* () {
    for (const one of [batch("a"), batch("b"), batch("c")]) {
      log.push(`read ${name(one)}`);
      yield one;
      await Promise.resolve();
    }
  };
  const say = (what: string) => async (one: Batch) => {
    await wait(5);
    log.push(`${what} ${name(one)}`);
  };
  await workOn(asList(), say("worked on"), say("done"));
  expect(log).toEqual([
    ...["read a", "read b", "worked on a", "done a"],
    ...["read c", "worked on b", "done b", "worked on c", "done c"],
  ]);
});

it("what cannot be read is thrown when what was read before it is done", async () => {
  const done: string[] = [];
  const asList = async function* () {
    yield* [batch("a"), batch("b")];
    await Promise.reject(new Error("no such folder"));
  };
  const nothing = () => wait(5);
  const add = (one: Batch) => Promise.resolve(void done.push(name(one)));
  await expect(workOn(asList(), nothing, add)).rejects.toThrow("no such folder");
  expect(done).toEqual(["a", "b"]);
});

it("nothing is read ahead of a batch of more than 1 MiB", async () => {
  const log: string[] = [];
  const asList = async function* () {
    for (const one of [large("a", 1024 * 1024 + 1), batch("b"), batch("c")]) {
      log.push(`read ${name(one)}`);
      yield one;
      await Promise.resolve();
    }
  };
  const add = (one: Batch) => Promise.resolve(void log.push(`done ${name(one)}`));
  await workOn(asList(), () => wait(5), add);
  expect(log).toEqual(["read a", "done a", "read b", "read c", "done b", "done c"]);
});

it("what fails is thrown, and nothing after it is done", async () => {
  const done: string[] = [];
  const asList = async function* () {
    yield* [batch("a"), batch("b"), batch("c")];
    await Promise.resolve();
  };
  const failing = workOn(
    asList(),
    (one) => (name(one) === "a" ? Promise.reject(new Error("no space left")) : Promise.resolve()),
    (one) => Promise.resolve(void done.push(name(one))),
  );
  await expect(failing).rejects.toThrow("no space left");
  expect(done).toEqual([]);
});
