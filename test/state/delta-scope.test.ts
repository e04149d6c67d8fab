import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { defaultFolders } from "../../components/contract";
import { readDeltaScope, saveDeltaScope } from "../../components/state";

const cutover = { at: "2025-11-07T00:00:00.000Z", unfinishedCount: 0 };
const token = (n: number) => ({ token: { n, id: `${n}` } });

let address = { root: "", folders: defaultFolders };
beforeEach(async () => {
  address = { ...address, root: await mkdtemp(join(tmpdir(), "delta-scope-")) };
});
afterEach(() => rm(address.root, { recursive: true }));

it.each([
  ["after many exports", { ...cutover, ...token(12) }, true],
  ["in an older copy of cutover.json", { ...cutover, ...token(4) }, false],
  ["in another cutover", { ...cutover, ...token(12), at: "2025-11-08T00:00:00.000Z" }, false],
  ["beside tokens of an earlier version", { ...cutover, tokens: ["a"] }, false],
])("reads what a bulk pass saved, %s: %o", async (_, cutoverRecord, isRead) => {
  await saveDeltaScope(address, { cutoverAt: cutover.at, runs: ["r"], ...token(5) });
  const scope = await readDeltaScope(address, cutoverRecord);
  expect(scope?.runs).toEqual(isRead ? ["r"] : undefined);
});

it.each([
  ["the same list", { tokens: ["b", "a"] }, true],
  ["another list", { tokens: ["c", "b"] }, false],
  ["a numbered token since", token(1), true],
])("reads what an earlier version saved, beside %s", async (_, found, isRead) => {
  await saveDeltaScope(address, { cutoverAt: cutover.at, runs: ["r"], token: "a" });
  expect(await readDeltaScope(address, { ...cutover, ...found })).toEqual(
    isRead ? expect.objectContaining({ runs: ["r"] }) : undefined,
  );
});
