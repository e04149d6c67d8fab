import { rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { CutoverMissing } from "../../components/ledger";
import { exportByHand } from "../../components/transfer";
import { claimMigration, ledgerCollection } from "./database";
import { RollbackStack, sampleFiles } from "./rollback-stack";

const stack = new RollbackStack();
const confirmation = { ledger: ledgerCollection, electionSeconds: 5 };
const heldRuns = ["held/state/runs/busy.json", "held/state/runs/slow.json"];
const runFiles = async () =>
  Object.keys(await stack.files()).filter((name) => /state.runs/.test(name));

/** A rollback without MongoDB, which holds two runs. */
async function rolledBack() {
  return stack.rollBack(await stack.cutover(), { uri: undefined });
}

it("an export from a MongoDB that is not the one of the cutover is refused, and held runs stay", async () => {
  await rolledBack();
  // Another environment's, or one that was built anew.
  await stack.db.dropDatabase();
  await claimMigration(stack.db);
  for (const all of [false, true]) {
    const refused = stack.exportByHand({ all });
    await expect(refused).rejects.toThrow(CutoverMissing);
  }
  expect(await runFiles()).toEqual([...heldRuns, "state/runs/done.json"]);
});

it("held runs that MongoDB does not have stay held, until their files are moved back", async () => {
  await rolledBack();
  await stack.runs.deleteMany({});
  const kept = await stack.exportByHand();
  expect(kept).toMatchObject({ returned: { count: 0 }, stillHeld: { cases: ["busy", "slow"] } });
  await stack.moveHeldBack();
  const later = await stack.exportByHand();
  expect(later).toMatchObject({ returned: { count: 0 }, stillHeld: { count: 0 } });
  expect(await stack.files()).toEqual(sampleFiles);
});

it("held runs return to a directory that has no other run", async () => {
  await rolledBack();
  await rm(join(stack.root, "state/runs/done.json"));
  const { returned } = await stack.exportByHand();
  expect(returned.cases.toSorted()).toEqual(["busy", "slow"]);
});

it("an export to a directory without the record is refused, unless it creates a state that was lost", async () => {
  await stack.cutover();
  await rm(join(stack.root, "cutover.json"));
  await expect(stack.exportByHand()).rejects.toThrow(/has no cutover\.json/);
  await rm(stack.root, { recursive: true });
  const all = { ...stack.sides, all: true };
  expect(await exportByHand(all, confirmation)).toMatchObject({ runs: { written: 3 } });
});

it("a state without a cutover is exported: nothing says that its database is another one", async () => {
  await stack.cutover();
  await rm(join(stack.root, "cutover.json"));
  await stack.db.collection(ledgerCollection).deleteMany({});
  expect(await stack.exportByHand()).toMatchObject({ runs: { unchanged: 3 } });
});
