import { rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { verifyState } from "../../components/transfer";
import { providers } from "../../components/transfer/provider";
import { CutoverMissing } from "../../components/ledger";
import { readCutoverRecord } from "../../components/state";
import { claimMigration, ledgerCollection } from "./database";
import { addFiles, run } from "./state";
import { refuseWrites } from "./read-only";
import {
  type Outs,
  RollbackStack,
  diffHandover,
  finished,
  sampleFiles,
  unreachable,
  previewStep,
  runStep,
  running,
  upSecond,
} from "./rollback-stack";

const stack = new RollbackStack();

it("a cutover is recorded once, and the next one again", async () => {
  const first = await stack.cutover();
  expect(first).toMatchObject({
    cutoverRecord: { unfinishedCount: 2 },
    report: { runs: { inserted: 3 } },
  });
  expect(Math.abs(Date.now() - Date.parse(first.cutoverRecord?.at ?? ""))).toBeLessThan(60_000);
  const { uri, ...others } = first as Outs & { uri: string };
  expect(uri).toBe(stack.server.uri);
  expect(JSON.stringify(others)).not.toContain("mongodb:");
  expect(await diffHandover(first, stack.inputs({ electionSeconds: 6 }))).toBe(false);
  expect(await diffHandover(first, stack.inputs({ cutover: 2, stoppedAt: "3" }))).toBe(true);
  const back = await stack.rollBack(first);
  await addFiles(stack.root, { "state/runs/busy.json": run("busy") });
  const again = await providers.Handover.update(
    "id",
    back,
    stack.inputs({ cutover: 2, stoppedAt: "3" }),
  );
  expect(again.outs).toMatchObject({ cutoverRecord: { unfinishedCount: 1 } });
});

it("a live worker never meets the handover: another root runs the second one only", async () => {
  const first = await stack.cutover();
  const second = await stack.finalPass(first);
  const elsewhere = { cutover: 1, root: "elsewhere" };
  expect(await diffHandover(first, stack.inputs(elsewhere))).toBe(false);
  expect(await diffHandover(second, stack.second(first, elsewhere), providers.FinalPass)).toBe(
    true,
  );
});

it("a final pass follows each cutover, and is done once for each", async () => {
  const first = await stack.cutover();
  const done = await stack.finalPass(first);
  expect(await diffHandover(done, stack.second(first), providers.FinalPass)).toBe(false);
  const next = await runStep(first, stack.inputs({ stoppedAt: "3" }));
  expect(next.cutoverRecord?.at).not.toBe(first.cutoverRecord?.at);
  expect(await diffHandover(done, stack.second(next), providers.FinalPass)).toBe(true);
});

it("the ledger has the moment of the last cutover, and the name of its collection runs nothing", async () => {
  const record = () => stack.db.collection(ledgerCollection).findOne({});
  const first = await stack.cutover();
  expect(await record()).toMatchObject({
    stack: "storage/test",
    cutoverAt: new Date(first.cutoverRecord?.at ?? ""),
  });
  expect(await diffHandover(first, stack.inputs({ cutover: 1, ledger: "another" }))).toBe(false);
  const again = await stack.cutover(await stack.rollBack(first));
  expect(again.cutoverRecord?.at).not.toBe(first.cutoverRecord?.at);
  expect(await record()).toMatchObject({ cutoverAt: new Date(again.cutoverRecord?.at ?? "") });
});

it("a cutover that the ledger cannot record stops, and leaves aside what is held", async () => {
  const first = await stack.cutover();
  const held = await stack.rollBack(first, { uri: undefined });
  await stack.db.collection(ledgerCollection).deleteMany({});
  await stack.finalPass(first);
  await expect(stack.cutover(held)).rejects.toThrow(/Run `taskrunner-storage apply`/);
  expect(await stack.files()).toHaveProperty(["held/state/runs/busy.json"]);
});

it("a stack that begins on files does nothing, and neither does its second up", async () => {
  await addFiles(stack.root, sampleFiles);
  const back = stack.toFiles(unreachable);
  for (const provider of [providers.Handover, providers.FinalPass]) {
    const outs = await runStep(undefined, back, provider);
    expect(outs.cutoverRecord ?? undefined).toBeUndefined();
    expect(outs).toHaveProperty("rollback", null);
    expect(await diffHandover(outs, { ...back, cutover: 1 }, provider)).toBe(false);
  }
  expect(await stack.files()).toEqual(sampleFiles);
});

it("a rollback exports what changed in MongoDB, and a second up changes nothing", async () => {
  const before = await stack.cutover();
  await stack.advance();
  const outs = await stack.rollBack(before);
  expect(outs.rollback).toMatchObject({
    exported: { runs: { written: 1, unchanged: 2 }, logs: { written: 1 }, conflicts: { count: 0 } },
    held: { count: 0 },
  });
  expect(stack.printed.at(-1)).toContain(`${stack.root} after the drain: 1 run, 1 log entry.`);
  expect(await stack.onDisk("busy")).toMatchObject(finished);
  expect(await diffHandover(outs, stack.toFiles({ cutover: 1 }))).toBe(false);
  expect(await verifyState(stack.sides)).toMatchObject({ holds: true, runs: { equal: 3 } });
});

it("a rollback that fails in the middle is unfinished, and goes on in the next up", async () => {
  const before = await stack.cutover();
  await stack.advance();
  await addFiles(stack.root, { artifacts: "in the way" });
  await stack.db.collection("pack_artifacts").insertOne({ runId: "busy", name: "a" });
  const failed = stack.rollBack(before);
  await expect(failed).rejects.toMatchObject({
    properties: { applied: false, direction: "forward", cutoverRecord: before.cutoverRecord },
    reasons: [expect.stringMatching(/^Export to .*pulumi up/)],
  });
  expect(await readCutoverRecord(stack.root)).toMatchObject({ ...before.cutoverRecord });
  await rm(join(stack.root, "artifacts"));
  const { properties } = (await failed.catch((error: unknown) => error)) as { properties: Outs };
  expect((await stack.rollBack(properties)).rollback).toMatchObject({
    exported: { artifacts: { written: 1 } },
  });
});

describe("the final pass", () => {
  /** A cutover whose final pass ran, and the rollback of the first one. */
  async function firstBack() {
    const first = await stack.cutover();
    const second = await stack.finalPass(first);
    return { second, back: await stack.rollBack(first) };
  }

  it("imports what web wrote meanwhile, records no cutover, and brings back what it wrote later", async () => {
    const first = await stack.cutover();
    await addFiles(stack.root, { "state/runs/by-web.json": run("by-web") });
    const second = await stack.finalPass(first);
    expect(second).toMatchObject({ report: { runs: { inserted: 1 } } });
    expect(second).not.toHaveProperty("cutoverRecord");
    const finalPassAt = expect.any(String) as string;
    expect(await readCutoverRecord(stack.root)).toMatchObject({
      ...first.cutoverRecord,
      finalPassAt,
    });
    const back = await stack.rollBack(first);
    await stack.change("slow", { planHash: "by web" });
    expect(
      (await upSecond(second, stack.second(back, { direction: "back" }))).rollback,
    ).toMatchObject({ exported: { runs: { written: 1 } } });
  });

  it("runs again once web, which was on files after it, is in Mongo mode", async () => {
    const first = await stack.cutover();
    const second = await stack.finalPass(first);
    await addFiles(stack.root, { "state/runs/by-web.json": run("by-web", running) });
    const found = stack.second(first, { webOnFilesAt: new Date().toISOString() });
    const again = await upSecond(second, found);
    expect(again).toMatchObject({ report: { runs: { inserted: 1 } } });
    expect(await diffHandover(again, found, providers.FinalPass)).toBe(false);
  });

  it("lets web's files be if a rollback finds web on files after it", async () => {
    const first = await stack.cutover();
    const second = await stack.finalPass(first);
    await addFiles(stack.root, {
      "state/runs/by-web.json": run("by-web", running),
      "queue/by-web.job": JSON.stringify({ runId: "by-web" }),
    });
    const webOnFilesAt = new Date().toISOString();
    const bulk = { ...stack.inputs(), applied: true };
    await providers.BulkPass.update("id", bulk, stack.toFiles({ webOnFilesAt }));
    const back = await stack.rollBack(first);
    expect(back.rollback).toMatchObject({ held: { count: 0 }, notImported: 1 });
    await upSecond(second, stack.second(back, { direction: "back", webOnFilesAt }));
    expect(Object.keys(await stack.files())).toEqual(
      expect.arrayContaining(["queue/by-web.job", "state/runs/by-web.json"]),
    );
  });

  it("stays recorded if web was on files only before it", async () => {
    const before = new Date().toISOString();
    await stack.wholeCutover();
    const recorded = await readCutoverRecord(stack.root);
    const bulk = { ...stack.inputs(), applied: true };
    await providers.BulkPass.update("id", bulk, stack.toFiles({ webOnFilesAt: before }));
    const finalPassAt = recorded?.finalPassAt;
    expect(await readCutoverRecord(stack.root)).toMatchObject({ finalPassAt });
  });

  it("exports too where a rollback creates it, because the cutover stopped before that", async () => {
    const back = await stack.rollBack(await stack.cutover());
    await stack.change("slow", { planHash: "by web" });
    const outs = await stack.finalPass(back, { direction: "back" });
    expect(outs.rollback).toMatchObject({ exported: { runs: { written: 1 } }, held: { count: 0 } });
    expect(await stack.onDisk("slow")).toMatchObject({ planHash: "by web" });
    const again = stack.second(back, { direction: "back", cutover: 1 });
    expect(await diffHandover(outs, again, providers.FinalPass)).toBe(false);
  });

  it("that a rollback creates and that fails is not taken for done in the next up", async () => {
    const back = await stack.rollBack(await stack.cutover());
    await stack.db.collection("pack_artifacts").insertOne({ runId: "slow", name: "a" });
    await addFiles(stack.root, { artifacts: "in the way" });
    const wanted = stack.second(back, { direction: "back" });
    const failed = (await upSecond(undefined, wanted).catch((error: unknown) => error)) as {
      properties: Outs;
    };
    expect(failed).toMatchObject({ properties: { applied: false } });
    await expect(upSecond(failed.properties, wanted)).rejects.toThrow(/^Export to /);
    await rm(join(stack.root, "artifacts"));
    expect((await upSecond(failed.properties, wanted)).rollback).toMatchObject({
      exported: { artifacts: { written: 1 } },
    });
  });

  it.each([unreachable, { uri: undefined }])(
    "says without MongoDB ($uri) that the rest is left behind, and where it was counted",
    async (where) => {
      const { second, back } = await firstBack();
      stack.printed = [];
      const outs = await upSecond(second, stack.second(back, { direction: "back", ...where }));
      expect(outs.rollback).toMatchObject({ held: { count: 0 } });
      const printed = stack.printed.filter((line) => !line.includes("waiting up to"));
      expect(printed).toEqual([
        expect.stringMatching(/^warning: .* since 20.*`verification`.*\[not-exported\]$/),
      ]);
    },
  );

  it("says nothing of an earlier count while MongoDB is reached", async () => {
    const { second, back } = await firstBack();
    await upSecond(second, stack.second(back, { direction: "back" }));
    expect(stack.printed.join("\n")).not.toContain("[not-exported]");
  });
});

it("an export from another database is refused, in the preview too, and the state stays", async () => {
  const before = await stack.cutover();
  const elsewhere = stack.toFiles({ database: `${stack.database}_empty` });
  await previewStep(before, elsewhere);
  expect(stack.printed).toContainEqual(
    expect.stringMatching(/^warning: .* test_\d+_empty .*\[stop: rollback-refused\]$/),
  );
  await expect(runStep(before, elsewhere)).rejects.toMatchObject({
    properties: { applied: false, direction: "forward", cutoverRecord: before.cutoverRecord },
    reasons: [expect.stringMatching(/no record .*cutover/) as string],
  });
  expect(await stack.files()).toEqual(sampleFiles);
});

it("after a rollback that did not finish the cutover goes on in its own database only", async () => {
  const before = await stack.cutover();
  const unfinished = { ...before, applied: false };
  const empty = `${stack.database}_empty`;
  const elsewhere = stack.inputs({ database: empty, cutover: 2, stoppedAt: "3" });
  await claimMigration(stack.db.client.db(empty));
  await expect(runStep(unfinished, elsewhere)).rejects.toThrow(CutoverMissing);
  expect(await runStep(unfinished, stack.inputs({ cutover: 2, stoppedAt: "3" }))).toHaveProperty(
    "cutoverRecord",
  );
});

it("cutover.json stays in the state directory, ends in the rollback, and is written again by the next cutover", async () => {
  const first = await stack.cutover();
  expect(await readCutoverRecord(stack.root)).toMatchObject({ ...first.cutoverRecord });
  expect(first.cutoverRecord).not.toHaveProperty("endedAt");
  const back = await stack.rollBack(first);
  expect(back.cutoverRecord).toEqual(first.cutoverRecord);
  const { endedAt } = (await readCutoverRecord(stack.root)) ?? {};
  expect(endedAt).toBeDefined();
  await stack.finalPass(back, { direction: "back" });
  expect(await readCutoverRecord(stack.root)).toMatchObject({ ...first.cutoverRecord, endedAt });
  const again = await stack.cutover(back);
  expect(await readCutoverRecord(stack.root)).toMatchObject({ ...again.cutoverRecord });
  expect(again.cutoverRecord).not.toHaveProperty("endedAt");
});

it("a cutover.json that cannot be written stops the cutover, and the next up writes it", async () => {
  const end = refuseWrites("cutover.json");
  await expect(stack.cutover()).rejects.toThrow(/EROFS/);
  end();
  const outs = await stack.cutover();
  expect(await readCutoverRecord(stack.root)).toMatchObject({ ...outs.cutoverRecord });
});

it.each([true, false])(
  "the record of a killed cutover that the stack does not know is ended (MongoDB answers: %s)",
  async (isThere) => {
    const known = await stack.cutover();
    await stack.advance();
    // A rollback failed, and the engine of the cutover after it was killed before its state was saved.
    const { cutoverRecord: unknown } = await runStep(
      { ...known, applied: false } as Outs,
      stack.inputs(),
    );
    expect(unknown?.at).not.toBe(known.cutoverRecord?.at);
    const uri = isThere ? stack.server.uri : undefined;
    const back = await stack.rollBack(known, { uri });
    expect(back.rollback).toMatchObject(
      isThere
        ? { exported: { runs: { written: 1 } }, held: { count: 0 } }
        : { held: { cases: ["busy", "slow"] } },
    );
    expect(await readCutoverRecord(stack.root)).toMatchObject({
      at: unknown?.at,
      former: [known.cutoverRecord?.at],
      endedAt: expect.any(String) as string,
    });
    await stack.finalPass(back, { direction: "back", uri });
    expect(await readCutoverRecord(stack.root)).toMatchObject({ at: unknown?.at });
  },
);
