import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { formatElapsed, showProgress } from "../../../tools/parts/progress";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** Work of 40 seconds, shown on a screen; gives what the screen got. */
async function shown(isTTY: boolean): Promise<string[]> {
  const written: string[] = [];
  const screen = { isTTY, write: (text: string) => written.push(text) };
  const work = () => new Promise((resolve) => setTimeout(resolve, 40_500));
  const done = showProgress("building pulumi", () => "7 packages", work, screen);
  await vi.advanceTimersByTimeAsync(40_500);
  await done;
  return written;
}

test("elsewhere than on a terminal a plain line comes every 15 seconds", async () => {
  expect(await shown(false)).toEqual([
    "  building pulumi: 15 s, 7 packages\n",
    "  building pulumi: 30 s, 7 packages\n",
  ]);
});

test("on a terminal one line is written over every second and cleared at the end", async () => {
  const written = await shown(true);
  expect(written).toHaveLength(41);
  expect(written[0]).toBe("\r\u001b[2K  building pulumi: 1 s, 7 packages");
  expect(written.at(-1)).toBe("\r\u001b[2K");
});

test("a time is told in seconds, then in minutes", () => {
  expect(formatElapsed(59_999)).toBe("59 s");
  expect(formatElapsed(185_000)).toBe("3 min 05 s");
});
