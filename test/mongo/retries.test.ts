import { MongoServerError } from "mongodb";
import { afterEach, expect, it, vi } from "vitest";
import { withRetries } from "../../components/mongo";

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

it.each([
  [0, 100],
  [0.5, 150],
])("a retry waits longer by chance (%d), so that importers do not come at once", async (by, ms) => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(by);
  const trouble = new MongoServerError({ message: "not primary", code: 10107 });
  const work = vi.fn(() => Promise.reject(trouble));
  const failing = withRetries("Counting things", work, { retries: 1 }).catch(String);

  await vi.advanceTimersByTimeAsync(ms - 1);
  expect(work).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(work).toHaveBeenCalledTimes(2);
  expect(await failing).toMatch(/^ServerTroubleError: .* 2 times/);
});
