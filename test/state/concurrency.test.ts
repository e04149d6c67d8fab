import { setTimeout as after } from "node:timers/promises";
import { expect, it } from "vitest";
import { mapOrdered, mapLimit } from "../../components/state";

async function* numbers(count: number): AsyncGenerator<number> {
  for (let number = 0; number < count; number += 1) yield await Promise.resolve(number);
}

/** Work that takes its time, and counts how often it is done at once. */
function counted(failsAt?: number) {
  const counts = { now: 0, most: 0, begun: 0, ended: 0 };
  const work = async (number: number) => {
    counts.now += 1;
    counts.begun += 1;
    counts.most = Math.max(counts.most, counts.now);
    await after(number % 2 === 0 ? 20 : 5);
    counts.now -= 1;
    if (number === failsAt) throw new Error(`no ${number}`);
    counts.ended += 1;
    return number * 10;
  };
  return { counts, work };
}

it("what comes next is under way while results are used, and they come in order", async () => {
  const { counts, work } = counted();
  const results: number[] = [];
  for await (const result of mapOrdered(numbers(7), 3, work)) results.push(result);
  expect(results).toEqual([0, 10, 20, 30, 40, 50, 60]);
  expect(counts.most).toBe(3);
});

it("a failure is thrown in order, when all that is under way has ended", async () => {
  const { counts, work } = counted(1);
  const results: number[] = [];
  const failing = (async () => {
    for await (const result of mapOrdered(numbers(50), 3, work)) results.push(result);
  })();
  await expect(failing).rejects.toThrow("no 1");
  expect(results).toEqual([0]);
  expect(counts).toMatchObject({ now: 0, begun: counts.ended + 1 });
  expect(counts.begun).toBeLessThan(6);
});

it("whoever has enough leaves nothing under way", async () => {
  const { counts, work } = counted();
  for await (const result of mapOrdered(numbers(50), 3, work)) if (result === 10) break;
  expect(counts.now).toBe(0);
  expect(counts.begun).toBeLessThan(8);
});

it("after a failure nothing is begun, and it is thrown when all that is under way has ended", async () => {
  const { counts, work } = counted(1);
  const items = Array.from({ length: 50 }, (_, at) => at);
  await expect(mapLimit(3, items, work)).rejects.toThrow("no 1");
  expect(counts).toMatchObject({ now: 0, most: 3 });
  expect(counts.begun).toBeLessThan(6);
});
