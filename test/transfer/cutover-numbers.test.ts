import { rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { writeCutoverRecord } from "../../components/state";
import { requireNewCutover } from "../../components/transfer/rollback/cutover-record";
import { ledgerCollection } from "./database";
import { RollbackStack, runStep } from "./rollback-stack";

const stack = new RollbackStack();
const requireNumber = (cutover: number) =>
  requireNewCutover(stack.sides, { cutover, ledger: ledgerCollection });

it("the ledger knows the cutover that ended, also if the stack's state and cutover.json are lost", async () => {
  await stack.rollBack(await stack.cutover());
  await rm(join(stack.root, "cutover.json"));
  await expect(requireNumber(1)).rejects.toThrow("set cutover: 2");
  await expect(requireNumber(2)).resolves.toBeUndefined();
});

it("a cutover in force is not an ended one, and an ended record of an earlier version is the first cutover's", async () => {
  const { cutoverRecord } = await stack.cutover();
  await expect(requireNumber(1)).resolves.toBeUndefined();
  const at = cutoverRecord?.at ?? "";
  await writeCutoverRecord(stack.root, { at, unfinishedCount: 2, endedAt: at });
  await expect(requireNumber(1)).rejects.toThrow("set cutover: 2");
});

it("a late rollback of a former cutover makes no later one repeatable", async () => {
  const first = await stack.cutover();
  const second = { cutover: 2, stoppedAt: "2" };
  const back = await stack.rollBack(first);
  await stack.rollBack(await runStep(back, stack.inputs(second)), second);
  // The stack's state was restored.
  await stack.rollBack(first);
  await rm(join(stack.root, "cutover.json"));
  await expect(requireNumber(2)).rejects.toThrow("set cutover: 3");
});
