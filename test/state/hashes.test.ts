import { expect, it } from "vitest";
import { HashSet, shortHash } from "../../components/state/digests";

const names = Array.from({ length: 300_000 }, (_, at) => {
  return `state/runs/run-${at}.json ${1_000 + at}:4096:17630${at % 10}000000000:17630${at % 10}000000000`;
});

it("no two of many names that are alike have one hash, nor one half of it much more often than by chance", () => {
  const hashes = names.map(shortHash);
  expect(new Set(hashes).size).toBe(names.length);
  const halves = [hashes.map((one) => one % 2 ** 32), hashes.map((one) => one / 2 ** 32)];
  // By chance 10.5 of 300,000 share the 32 bits, and 21,000 the 21.
  expect(names.length - new Set(halves[0]).size).toBeLessThan(40);
  expect(names.length - new Set(halves[1]?.map(Math.floor)).size).toBeLessThan(23_000);
  expect(hashes.every(Number.isSafeInteger)).toBe(true);
});

it("a set has what it was made of, and nothing else", () => {
  const some = new HashSet(names.filter((_, at) => at % 2 === 0).map(shortHash));
  expect(some.size).toBe(names.length / 2);
  expect(names.filter((name) => some.has(name))).toHaveLength(names.length / 2);
  expect(names.every((name, at) => some.has(name) === (at % 2 === 0))).toBe(true);
  expect(new HashSet([]).has("")).toBe(false);
});
