import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { providers } from "../../components/transfer/provider";
import { run } from "./state";
import { type Outs, RollbackStack, finished, running, unreachable } from "./rollback-stack";

// A date says nothing of two states of a run whose writers' clocks are apart.

const stack = new RollbackStack();
const busy = "state/runs/busy.json";

/** A run that MongoDB finished and a file has; then its file is restored, whose writer's clock was ahead. */
async function restoredFile(): Promise<Outs> {
  const before = await stack.wholeCutover();
  await stack.advance();
  await providers.BulkPass.create(stack.toFiles());
  expect(await stack.onDisk("busy")).toMatchObject(finished);
  const ahead = run("busy", { ...running, updatedAt: new Date(Date.now() + 3_600_000) });
  await writeFile(join(stack.root, busy), JSON.stringify(ahead));
  return before;
}

it("a restored file of a finished run is written again, and nothing is held", async () => {
  const before = await restoredFile();
  const { rollback } = await stack.rollBack(before);
  expect(rollback).toMatchObject({ held: { count: 0 } });
  expect(await stack.onDisk("busy")).toMatchObject(finished);
});

it("a restored file that was held comes back as MongoDB finished its run", async () => {
  const before = await restoredFile();
  const { rollback } = await stack.rollBack(before, unreachable);
  expect(rollback).toMatchObject({
    held: { cases: expect.arrayContaining(["busy"]) as unknown },
  });
  await stack.exportByHand();
  expect(await stack.onDisk("busy")).toMatchObject(finished);
});
