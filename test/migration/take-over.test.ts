import { describe, expect, it } from "vitest";
import type { LiveMode } from "../../components/kubernetes";
import { recordExport, addCutover } from "../../components/ledger";
import { claim } from "../../components/migration/record";
import { providers } from "../../components/migration/provider";
import { writeCutoverRecord, type CutoverRecord } from "../../components/state";
import { claimInputs, claimsPerTest, ledger } from "./claims";

const current = claimsPerTest();
const { printed } = current;
const { LedgerClaim } = providers;
const stack = "storage/dev";

const open: CutoverRecord = { at: "2026-11-25T10:00:00.123Z", unfinishedCount: 1, cutover: 1 };
const ended: CutoverRecord = { ...open, endedAt: "2026-12-01T00:00:00.000Z" };

/** The inputs of the claim of a stack that sees, or is told, what the worker works on. */
const inputs = (workerModes: readonly LiveMode[], fields: object = {}) =>
  claimInputs(current, current.server.uri, { inForce: 1, workerModes, ...fields });

const created = async (news: object) => (await LedgerClaim.create(news)).outs as object;

/** What a preview says of a stack without a state, and what its `up` does then: both are to be the same. */
async function found(news: object): Promise<string> {
  const failures = (await LedgerClaim.check({}, news)).failures ?? [];
  const foreseen = failures.map(({ reason }) => reason).join();
  const done = await LedgerClaim.create(news).then(
    ({ outs }) => `taken over: ${(outs as { readonly takenOver: string }).takenOver}`,
    (error: unknown) => error as Error,
  );
  if (typeof done === "string") {
    expect(foreseen).toBe("");
    return done;
  }
  expect(foreseen).toContain(done.message);
  return foreseen;
}

const db = () => current.client.db(current.database);

/** The state directory and the ledger as a former stack of this name left them. */
async function left(cutoverRecord: CutoverRecord | undefined): Promise<void> {
  if (cutoverRecord === undefined) return;
  await writeCutoverRecord(current.root, cutoverRecord);
  await claim(db(), ledger, { checksum: "a", stack, adopt: false });
  await addCutover(db(), ledger, { at: new Date(cutoverRecord.at), stack });
}

describe("a stack that lost its state", () => {
  const taken = `taken over: ${open.at}`;
  const stops = /^The worker is in .* Nothing was changed\. There are two ways/;
  it.each([
    ["no cutover, a worker on files", undefined, ["filesystem"], /^taken over: $/],
    ["no cutover, a worker on MongoDB", undefined, ["mongo"], stops],
    ["no cutover, a drained worker", undefined, ["drained"], /^taken over: $/],
    ["an ended cutover, a worker on files", ended, ["filesystem"], /^taken over: $/],
    ["an ended cutover, a worker on MongoDB", ended, ["mongo"], stops],
    ["an ended cutover, workers on both", ended, ["filesystem", "mongo"], stops],
    ["a cutover in force, a worker on MongoDB", open, ["mongo"], taken],
    ["a cutover in force, a worker drained before its rollout", open, ["drained"], taken],
    ["a cutover in force, a worker on files", open, ["filesystem"], stops],
    ["a cutover in force, workers on both", open, ["filesystem", "mongo"], stops],
    ["a cutover in force, no worker in sight", open, [], /^taken over: $/],
  ] as const)("with %s", async (_words, cutoverRecord, modes, words) => {
    await left(cutoverRecord);
    expect(await found(inputs(modes, cutoverRecord === ended ? { cutover: 2 } : {}))).toMatch(
      words,
    );
  });

  it("takes services over under the number of their cutover only", async () => {
    await left(open);
    expect(await found(inputs(["mongo"], { cutover: 2 }))).toMatch(/^Cutover 1 .*Set cutover: 1\./);
  });

  it("hears of the take-over in the preview, and of a volume that only a Job can read", async () => {
    await left(open);
    await LedgerClaim.check({}, inputs(["mongo"]));
    expect(printed.at(-1)).toMatch(/since 2026-11-25.* takes them over\..* \[taken-over\]$/);
    await LedgerClaim.check({}, inputs(["mongo"], { job: { image: "commands" } }));
    expect(printed.at(-1)).toMatch(/in mongo mode.* only the first Job .* \[cutover-not-read\]$/);
  });

  it("imports again in the cutover after that, and asks no rollback", async () => {
    await left(open);
    const outs = await created(inputs(["mongo"]));
    const again = inputs(["mongo"], { checksum: "b" });
    expect((await LedgerClaim.update("", outs, again)).outs).toMatchObject({ takenOver: open.at });
    expect(
      (await LedgerClaim.check({}, inputs(["mongo"], { direction: "back" }))).failures,
    ).toEqual([]);
    await writeCutoverRecord(current.root, ended);
    const next = inputs(["filesystem"], { cutover: 2, inForce: 2 });
    expect((await LedgerClaim.update("", outs, next)).outs).toMatchObject({ takenOver: "" });
  });
});

describe("a larger number in Mongo mode", () => {
  const larger = () => inputs(["mongo"], { cutover: 3 });

  it("is refused, in the preview too, unless the cutovers before it have ended", async () => {
    await left({ ...open, at: "2026-11-25T10:00:00.123Z" });
    const outs = await created(inputs(["mongo"]));
    expect(await LedgerClaim.diff("", outs, larger())).toEqual({ changes: true });
    expect(printed.at(-1)).toMatch(
      /Cutover 1 .* name cutover 3.* Set cutover: 1\. \[stop: other-cutover\]/,
    );
    for (const cutover of [2, 3]) {
      const next = LedgerClaim.update("", outs, inputs(["mongo"], { cutover }));
      await expect(next).rejects.toThrow(/Set cutover: 1\./);
    }

    await recordExport(db(), ledger, { at: open.at, ended: 2 }, 5_000);
    expect((await LedgerClaim.update("", outs, larger())).outs).toMatchObject({ cutover: 3 });
  });

  it("passes by cutover.json too, and is always refused without files", async () => {
    const outs = await created(inputs(["filesystem"]));
    await left({ ...ended, cutover: 2 });
    expect((await LedgerClaim.update("", outs, larger())).outs).toMatchObject({ cutover: 3 });
    const without = { ...larger(), root: undefined };
    await expect(LedgerClaim.update("", outs, without)).rejects.toThrow(/Set cutover: 1\./);
  });
});
