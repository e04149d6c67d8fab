import { expect, it } from "vitest";
import { describeMissed } from "./bars";

it("a bar is met on the very number, on its side only", () => {
  const bars = [
    { what: "ratio", found: 0.9, atLeast: 0.9 },
    { what: "ratio", found: 1.7, atLeast: 0.9 },
    { what: "MB", found: 200, atMost: 200 },
  ];
  expect(describeMissed(bars)).toEqual([]);
});

it("a bar that was missed says what, how much and what to reach", () => {
  const bars = [
    { what: "ratio to the driver", found: 0.894, atLeast: 0.9 },
    { what: "MB at 1,000 lines", found: 200.5, atMost: 200 },
    { what: "ratio to mongoimport", found: NaN, atLeast: 1.3 },
  ];
  expect(describeMissed(bars)).toEqual([
    "ratio to the driver: 0.89, to reach: at least 0.9",
    "MB at 1,000 lines: 200.50, to reach: at most 200",
    "ratio to mongoimport: NaN, to reach: at least 1.3",
  ]);
});
