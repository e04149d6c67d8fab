import { utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { importPasses, importState } from "../../components/transfer";
import { type FoundFile, beginning, readSettled, statByOpening } from "../../components/state";
import { importCounts } from "./counts";
import { databasePerTest, defaultSides } from "./database";
import { approval, run, writeState } from "./state";

const current = databasePerTest();
const whole = JSON.stringify(run("r", { plan: { big: "x".repeat(300_000) } }));
const file = "state/runs/r.json";

it.each(importPasses)(
  "a file that a service is just writing is read again: %s",
  { timeout: 20_000 },
  async (pass) => {
    const root = await writeState({
      [file]: whole.slice(0, 16_384),
      "state/approvals/r.json": JSON.stringify([approval("a")]).slice(0, 20),
    });
    const importing = importState({ ...defaultSides(current.db, root), pass });
    await sleep(300);
    await writeFile(join(root, "state/approvals/r.json"), JSON.stringify([approval("a")]));
    await sleep(900);
    await writeFile(join(root, file), whole);
    expect(await importing).toMatchObject({
      runs: importCounts(1, { inserted: 1 }),
      approvals: importCounts(1, { inserted: 1 }),
      quarantinedUnfinished: { count: 0 },
    });
    // What was read is what the checkpoint says: nothing is left for the next import.
    await utimes(join(root, file), new Date(), new Date());
    expect(await importState(defaultSides(current.db, root))).toMatchObject({
      quarantine: [],
    });
  },
);

it("a file that stays broken is quarantined, at once if nobody wrote it lately", async () => {
  const root = await writeState({ [file]: whole.slice(0, 16_384) });
  const old = new Date(Date.now() - 6_000);
  await utimes(join(root, file), old, old);
  const began = Date.now();
  const quarantined = { runs: importCounts(1, { quarantined: 1 }) };
  expect(await importState(defaultSides(current.db, root))).toMatchObject(quarantined);
  expect(Date.now() - began).toBeLessThan(1_000);
  await writeFile(join(root, file), "");
  expect(await importState(defaultSides(current.db, root))).toMatchObject(quarantined);
});

it("a file that was written to its end between the look at it and its read is as it is then", async () => {
  const root = await writeState({ [file]: whole });
  const path = join(root, file);
  const stat = await statByOpening(path);
  if (!stat) throw new Error(`${path} is not there`);
  const found = {
    role: "runs",
    name: file,
    baseName: "r",
    path,
    stat: { ...stat, size: 16_384 },
  };
  const { file: settled } = await readSettled({ file: found as FoundFile }, beginning());
  expect(settled.stat).toMatchObject({ size: whole.length });
});
