import { expect, it } from "vitest";
import { readRecord, addCutover } from "../../components/ledger";
import { readCutoverRecord } from "../../components/state";
import { providers as migration } from "../../components/migration/provider";
import { documentOptions } from "../contract/options";
import { claimMigration, ledgerCollection } from "./database";
import { addFiles } from "./state";
import { RollbackStack, runStep, sampleFiles } from "./rollback-stack";

const stack = new RollbackStack();

it("a cutover that a killed up left only in the ledger is completed in cutover.json, and stops no second cutover", async () => {
  await addFiles(stack.root, sampleFiles);
  const { stack: name } = stack.inputs();
  const killed = { at: new Date("2026-11-25T10:00:00.123Z"), stack: name };
  await addCutover(stack.db, ledgerCollection, killed);
  expect(await readCutoverRecord(stack.root)).toBeUndefined();

  const first = await runStep(undefined, stack.inputs());
  expect((await readCutoverRecord(stack.root))?.former).toEqual([killed.at.toISOString()]);
  const back = await stack.rollBack(first);
  expect((await readCutoverRecord(stack.root))?.endedAt).toBeDefined();

  const next = { cutover: 2, checksum: "c", schema: documentOptions, onDataIssue: "fail" };
  const claim = await migration.LedgerClaim.check({}, stack.inputs({ ...next, adopt: false }));
  expect(claim.failures).toEqual([]);
  await runStep(back, stack.inputs({ cutover: 2 }));
  expect((await readCutoverRecord(stack.root))?.former).toEqual([
    killed.at.toISOString(),
    first.cutoverRecord?.at,
  ]);
  expect((await readRecord(stack.db, ledgerCollection))?.cutovers).toHaveLength(3);
});

it("a cutover that a killed up left in cutover.json, and that the stack never learned, is ended by the next rollback", async () => {
  await stack.cutover();
  await stack.advance();
  const { rollback } = await runStep(undefined, stack.toFiles());
  expect(rollback).toMatchObject({ exported: { runs: { written: 1 } }, held: { count: 0 } });
  const ended = await readCutoverRecord(stack.root);
  expect(ended).toHaveProperty("endedAt");
  expect((await readRecord(stack.db, ledgerCollection))?.cutoverFile).toEqual(ended);
});

it("so is that of a second cutover, whose worker was drained since the first rollback", async () => {
  const back = await stack.rollBack(await stack.cutover());
  const second = { cutover: 2, stoppedAt: "2" };
  const { cutoverRecord } = await runStep(back, stack.inputs(second));
  await stack.rollBack(back, second);
  expect(await readCutoverRecord(stack.root)).toMatchObject({
    at: cutoverRecord?.at,
    endedAt: expect.any(String) as string,
  });
});

it("a cutover before two killed cutovers is still known, also if they were to a new database", async () => {
  const back = await stack.rollBack(await stack.cutover());
  await stack.db.dropDatabase();
  await claimMigration(stack.db);
  const killed: unknown[] = [];
  for (const stoppedAt of ["2", "3"]) {
    const { cutoverRecord } = await runStep(back, stack.inputs({ cutover: 2, stoppedAt }));
    killed.push(cutoverRecord?.at);
  }
  await stack.rollBack(back, { cutover: 2, stoppedAt: "4" });
  expect(await readCutoverRecord(stack.root)).toMatchObject({
    at: killed.at(-1),
    former: [back.cutoverRecord?.at, killed[0]],
    endedAt: expect.any(String) as string,
  });
});
