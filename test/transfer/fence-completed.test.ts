import { expect, it } from "vitest";
import { readRecord, recordFence } from "../../components/ledger";
import { readFence } from "../../components/state";
import { providers as migration } from "../../components/migration/provider";
import { documentOptions } from "../contract/options";
import { ledgerCollection } from "./database";
import { RollbackStack, runStep, sampleFiles } from "./rollback-stack";
import { addFiles } from "./state";

const stack = new RollbackStack();

it("a fence that a killed up left only in the ledger is completed in fence.json, and stops no second cutover", async () => {
  await addFiles(stack.root, sampleFiles);
  const { stack: name } = stack.inputs();
  const killed = { at: new Date("2026-11-25T10:00:00.123Z"), stack: name };
  await recordFence(stack.db, ledgerCollection, killed);
  expect(await readFence(stack.root)).toBeUndefined();

  const first = await runStep(undefined, stack.inputs());
  expect((await readFence(stack.root))?.former).toEqual([killed.at.toISOString()]);
  const back = await runStep(first, stack.toFiles());
  expect((await readFence(stack.root))?.endedAt).toBeDefined();

  const next = { cutover: 2, checksum: "c", schema: documentOptions, onDataIssue: "fail" };
  const claim = await migration.LedgerClaim.check({}, stack.inputs({ ...next, adopt: false }));
  expect(claim.failures).toEqual([]);
  await runStep(back, stack.inputs({ cutover: 2 }));
  expect((await readFence(stack.root))?.former).toEqual([killed.at.toISOString(), first.fence?.at]);
  expect((await readRecord(stack.db, ledgerCollection))?.fences).toHaveLength(3);
});
