import { expect, it } from "vitest";
import { importState } from "../../components/backfill";
import { jsonIn } from "./export-sides";
import { ExportStack, finished, up } from "./way-back-stack";

const stack = new ExportStack();

it("a section `backfill` that is put back on MongoDB draws the fence anew, for a whole way back", async () => {
  await stack.cutover();
  await stack.advance();
  // Its steps left the stack with it, and are new to it now.
  const report = await importState({ ...stack.sides, stage: "delta" });
  expect(report.runs).toMatchObject({ inserted: 0, updated: 0, quarantined: 0 });
  const again = await up(undefined, stack.inputs());
  expect(again.fence?.unfinished.toSorted()).toEqual(["busy", "slow"]);

  const { wayBack } = await up(again, stack.toFiles());
  expect(wayBack).toMatchObject({ exported: { runs: { written: 1 }, conflicts: [] }, held: [] });
  expect(await jsonIn(stack.root, "state/runs/busy.json")).toMatchObject(finished);
});
