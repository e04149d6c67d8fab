import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { type BothSides, reportProgress } from "../../components/transfer";
import { Tally } from "../../components/transfer/tally";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

type Find = Parameters<NonNullable<BothSides["watch"]>>[1];

/** What is printed about work that takes 25 s, with 3 of 12 files done at its beginning. */
async function printedWith(findTotal: Find, ms = 25_000): Promise<string[]> {
  const printed: string[] = [];
  const work = async ({ watch }: Pick<BothSides, "watch">) => {
    watch?.(Object.assign(new Tally(), { files: 3 }), findTotal);
    await vi.advanceTimersByTimeAsync(ms);
  };
  await reportProgress("import", {}, work, (line) => printed.push(line));
  return printed;
}

it("says how much is done and how long the rest takes, every ten seconds", async () => {
  expect(await printedWith(() => Promise.resolve({ count: 12, unit: "files" }))).toEqual([
    expect.stringMatching(/^import: 3 of 12 files \(25 %\), .* in 10 s, about 30 s left$/),
    expect.stringMatching(/^import: 3 of 12 files .* in 20 s, about 60 s left$/),
  ]);
});

it("goes on without a total if nothing can be counted", async () => {
  const lines = await printedWith(() => Promise.reject(new Error("no listing")));
  expect(lines).toEqual([
    expect.stringMatching(/^import: 3 files, .* in 10 s/),
    expect.stringMatching(/^import: 3 files, .* in 20 s/),
  ]);
});

it("counts nothing for short work", async () => {
  const count = vi.fn<Find>();
  expect(await printedWith(count, 4_000)).toEqual([]);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(count).not.toHaveBeenCalled();
});

it("counts nothing after short work that begins twice, as an export with held runs does", async () => {
  const count = vi.fn<Find>();
  const work = async ({ watch }: Pick<BothSides, "watch">) => {
    for (const tally of [new Tally(), new Tally()]) watch?.(tally, count);
    await vi.advanceTimersByTimeAsync(1_000);
  };
  await reportProgress("export", {}, work);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(count).not.toHaveBeenCalled();
});
