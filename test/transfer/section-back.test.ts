import { expect, it } from "vitest";
import { RollbackStack, finished, runStep } from "./rollback-stack";

const stack = new RollbackStack();

it("a section `backfill` that is restored in mongo mode records the cutover again, for a whole rollback", async () => {
  await stack.cutover();
  await stack.advance();
  // Its steps left the stack with it, and are new to it now.
  const again = await runStep(undefined, stack.inputs());
  expect(again.report).toMatchObject({ runs: { inserted: 0, updated: 0, quarantined: 0 } });
  expect(again.cutoverRecord).toMatchObject({ unfinishedCount: 2 });

  const { rollback } = await stack.rollBack(again);
  expect(rollback).toMatchObject({
    exported: { runs: { written: 1 }, conflicts: { count: 0 } },
    held: { count: 0 },
  });
  expect(await stack.onDisk("busy")).toMatchObject(finished);
});
