import fs from "node:fs";
import { cp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { ObjectId } from "mongodb";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { importState } from "../../components/transfer";
import { providers } from "../../components/transfer/provider";
import { readCutoverRecord } from "../../components/state";
import { mergeBasesIn } from "../../components/transfer/merge-bases";
import { addFiles, approval, jsonIn, logLine, run } from "./state";
import { atFirstRead } from "./first-read";
import { RollbackStack, finished, running, runStep, sampleFiles } from "./rollback-stack";

// What a worker on files would execute when the cutover is ended: each unfinished file is what MongoDB has, or is held.

const stack = new RollbackStack();
const busy = "state/runs/busy.json";

const runBulkPass = (fields: object = {}) => providers.BulkPass.create(stack.toFiles(fields));

const namesOf = async (runId: string) => {
  const texts = Object.entries(await stack.files());
  const runs = texts.filter(([name]) => name.includes("state/runs/"));
  return runs.filter(([, text]) => text.includes(`"${runId}"`)).map(([name]) => name);
};

/** Watches which files are read from now on; gives those of a name. */
function filesRead(): (name: string) => string[] {
  const read = vi.spyOn(fs, "readFile");
  onTestFinished(() => {
    read.mockRestore();
    syncBuiltinESMExports();
  });
  syncBuiltinESMExports();
  return (name) =>
    read.mock.calls.map(([path]) => path as string).filter((path) => path.endsWith(name));
}

describe("an unfinished file", () => {
  it("is exported once more if the killed worker's last write comes after its run was read", async () => {
    const before = await stack.wholeCutover();
    atFirstRead("end", () => stack.change("busy", finished));
    const { rollback } = await stack.rollBack(before);
    expect(rollback).toMatchObject({ held: { count: 0 } });
    expect(await stack.onDisk("busy")).toMatchObject(finished);
  });

  it("is exported if its run was retried while the bulk pass read it, by a service whose clock is behind", async () => {
    const before = await stack.wholeCutover();
    const change = (fields: object, minutes: number) => {
      const updatedAt = new Date(Date.now() - minutes * 60_000);
      return stack.change("busy", { ...fields, updatedAt });
    };
    await stack.change("done", { updatedAt: new Date() });
    await change(finished, 6);
    atFirstRead("begin", () => change(running, 6));
    await runBulkPass();
    await change(finished, 6);
    const { rollback } = await stack.rollBack(before);
    expect(rollback).toMatchObject({ exported: { runs: { written: 1 } }, held: { count: 0 } });
    expect(await stack.onDisk("busy")).toMatchObject(finished);
  });

  it("of a name that only its merge base has is updated, with its log, and has no second file", async () => {
    const runId = "release:2025/11";
    const name = "release%3A2025%2F11";
    const files = (name: string) => [`state/runs/${name}.json`, `logs/runs/${name}.ndjson`];
    const [usual = "", usualLog = ""] = files("release:2025_11");
    await addFiles(stack.root, { [usual]: run(runId, running), [usualLog]: [logLine(1)] });
    const before = await stack.wholeCutover();
    // An earlier version imported the run under this name.
    for (const [at, file] of files(name).entries()) {
      await rename(join(stack.root, [usual, usualLog][at] ?? ""), join(stack.root, file));
    }
    await mergeBasesIn(stack.db).collection.updateMany(
      { file: usual },
      { $set: { file: `state/runs/${name}.json` } },
    );
    await stack.change(runId, finished);
    const logs = stack.db.collection("pack_run_logs");
    await logs.updateOne({ runId }, { $unset: { extra: true } });
    const { rollback } = await stack.rollBack(before);
    expect(rollback).toMatchObject({ exported: { conflicts: { count: 0 } }, held: { count: 0 } });
    expect(await namesOf(runId)).toEqual([`state/runs/${name}.json`]);
    expect(await jsonIn(stack.root, `state/runs/${name}.json`)).toMatchObject(finished);
  });

  it("is held if it is a second file of a run", async () => {
    const before = await stack.wholeCutover();
    await addFiles(stack.root, { "state/runs/copy.json": sampleFiles[busy] });
    const { rollback } = await stack.rollBack(before);
    expect(rollback).toMatchObject({ held: { cases: ["busy"] } });
    expect(await namesOf("busy")).toEqual(["held/state/runs/copy.json", busy]);
  });

  it("is exported if it was restored after the bulk pass, although its merge base says that it has what MongoDB has", async () => {
    const before = await stack.wholeCutover();
    await stack.advance();
    await stack.change("busy", { updatedAt: new Date() });
    await cp(join(stack.root, "state/runs"), `${stack.root}.runs`, { recursive: true });
    await runBulkPass();
    expect(await stack.onDisk("busy")).toMatchObject(finished);
    await rm(join(stack.root, "state/runs"), { recursive: true });
    const preserveTimestamps = true;
    await cp(`${stack.root}.runs`, join(stack.root, "state/runs"), {
      recursive: true,
      preserveTimestamps,
    });
    const { rollback } = await stack.rollBack(before);
    expect(rollback).toMatchObject({ held: { count: 0 } });
    expect(await stack.onDisk("busy")).toMatchObject(finished);
  });

  it.each(["unwritable", "in conflict"])("is held if an approval is %s", async (how) => {
    const approval = { approvalId: "a", requestedAt: "2025-11-06T10:00:01Z", status: "pending" };
    const approvals = "state/approvals/busy.json";
    await addFiles(stack.root, {
      [approvals]: [{ ...approval, requiredGrants: [] }],
    });
    const before = await stack.wholeCutover();
    const decided = {
      status: "rejected",
      ...(how === "unwritable" && { auditRef: new ObjectId() }),
    };
    await stack.db.collection("pack_run_approvals").updateOne({}, { $set: decided });
    if (how === "in conflict") await writeFile(join(stack.root, approvals), "[{]");
    const { rollback } = await stack.rollBack(before);
    expect(rollback).toMatchObject({ held: { cases: ["busy"] } });
    // The next export does not bring it back either.
    expect(await stack.exportByHand()).toMatchObject({ stillHeld: { cases: ["busy"] } });
  });

  it("stays if its log differs: nothing is executed from a log", async () => {
    const before = await stack.wholeCutover();
    await addFiles(stack.root, {
      "logs/runs/busy.ndjson": [logLine(1, { message: "other" })],
    });
    const { rollback } = await stack.rollBack(before);
    expect(rollback).toMatchObject({ exported: { logs: { conflicts: 1 } }, held: { count: 0 } });
  });

  it("that web wrote after the handover stays if the cutover never came to its final pass, else it is held", async () => {
    const late = { "state/runs/late.json": run("late", running) };
    const before = await stack.cutover();
    await addFiles(stack.root, late);
    const back = await stack.rollBack(before);
    expect(back.rollback).toMatchObject({ held: { count: 0 }, notImported: 1 });
    expect(stack.printed.join("\n")).toMatch(/1 run .* final pass/);

    const again = await runStep(back, stack.inputs({ cutover: 2, stoppedAt: "2" }));
    await stack.finalPass(again, { cutover: 2 });
    await addFiles(stack.root, { "state/runs/later.json": run("later", running) });
    const { rollback } = await stack.rollBack(again, { cutover: 2, stoppedAt: "2" });
    expect(rollback).toMatchObject({ held: { cases: ["later"] } });
    expect(rollback).not.toHaveProperty("notImported");
  });

  it("is not read if it was finished at the bulk pass and its file stat is the same", async () => {
    const before = await stack.wholeCutover();
    await runBulkPass();
    const read = filesRead();
    await stack.rollBack(before);
    expect(read(busy)).not.toEqual([]);
    expect(read("state/runs/done.json")).toEqual([]);
  });

  it("is found by the bulk pass, which reads no file that an import left with a finished run", async () => {
    const now = Date.now.bind(Date);
    // Files that changed within two seconds are looked at again.
    const clock = vi.spyOn(Date, "now").mockImplementation(() => now() + 10_000);
    const before = await stack.wholeCutover();
    clock.mockRestore();
    await addFiles(stack.root, { "state/runs/other.json": run("other", running) });
    const read = filesRead();
    await runBulkPass();
    expect(read(busy)).not.toEqual([]);
    expect(read("state/runs/done.json")).toEqual([]);
    await addFiles(stack.root, { "state/runs/done.json": run("done", running) });
    await runBulkPass();
    expect(read("state/runs/done.json")).not.toEqual([]);
    const { rollback } = await stack.rollBack(before);
    expect(rollback).toMatchObject({ held: { cases: ["other"] } });
    expect(await stack.onDisk("done")).toMatchObject(finished);
  });

  it("is listed by a bulk pass that cannot read MongoDB, and held without MongoDB", async () => {
    const before = await stack.wholeCutover();
    await runBulkPass({ uri: undefined });
    await addFiles(stack.root, { "state/runs/done.json": run("done", running) });
    const { rollback } = await stack.rollBack(before, { uri: undefined });
    expect(rollback?.held.cases.toSorted()).toEqual(["busy", "done", "slow"]);
  });
});

describe("an approval of an unfinished run", () => {
  const gate = "state/approvals/busy.json";
  const approvals = () => stack.db.collection("pack_run_approvals");
  const decide = (status: string) => approvals().updateMany({}, { $set: { status } });
  const write = (status: string) =>
    addFiles(stack.root, { [gate]: [approval("owners", { status })] });
  const onDisk = () => jsonIn(stack.root, gate);
  const cutOver = async (status: string, isWhole: boolean) => {
    await write(status);
    return isWhole ? stack.wholeCutover() : stack.cutover();
  };
  const both = [
    ["before the final pass", false],
    ["after it", true],
  ] as const;

  it.each(both)("that was set back in MongoDB is pending on files, %s", async (_, isWhole) => {
    const before = await cutOver("approved", isWhole);
    await decide("pending");
    const { rollback } = await stack.rollBack(before);
    expect(rollback).toMatchObject({ held: { count: 0 }, exported: { conflicts: { count: 0 } } });
    expect(await onDisk()).toMatchObject([{ status: "pending" }]);
  });

  it.each(both)("that was restored as pending holds its run, %s", async (_, isWhole) => {
    const before = await cutOver("approved", isWhole);
    await write("pending");
    const { rollback } = await stack.rollBack(before);
    const conflict = { id: "busy:owners", file: gate };
    expect(rollback).toMatchObject({
      held: { cases: ["busy"] },
      exported: { conflicts: { cases: [conflict] } },
    });
    expect(await onDisk()).toMatchObject([{ status: "pending" }]);
    expect(await stack.exportByHand()).toMatchObject({ stillHeld: { cases: ["busy"] } });
    // The way on: the right content in its file.
    await write("approved");
    expect(await stack.exportByHand()).toMatchObject({
      returned: { cases: ["busy"] },
      stillHeld: { count: 0 },
    });
  });

  it("that was decided on files counts before the final pass, and holds its run after it", async () => {
    const before = await cutOver("pending", false);
    await write("approved");
    expect((await stack.rollBack(before)).rollback).toMatchObject({ held: { count: 0 } });
    expect(await onDisk()).toMatchObject([{ status: "approved" }]);

    await write("pending");
    const fields = { cutover: 2, stoppedAt: "2" };
    await importState(stack.sides);
    const again = await runStep(before, stack.inputs(fields));
    await stack.finalPass(again, { cutover: 2 });
    await write("approved");
    const { rollback } = await stack.rollBack(again, fields);
    expect(rollback).toMatchObject({
      held: { cases: ["busy"] },
      exported: { approvals: { conflicts: 1 } },
    });
  });

  it("that web decided on files before a rollback without MongoDB counts when the run returns", async () => {
    const before = await cutOver("pending", false);
    await addFiles(stack.root, { "queue/1.json": { runId: "busy" } });
    await write("approved");
    await stack.rollBack(before, { uri: undefined });
    expect(await stack.exportByHand()).toMatchObject({ stillHeld: { count: 0 } });
    expect(await onDisk()).toMatchObject([{ status: "approved" }]);
  });

  it("that web decided on files after a rollback without MongoDB counts too", async () => {
    const before = await cutOver("pending", true);
    await stack.rollBack(before, { uri: undefined });
    await write("approved");
    expect(await stack.exportByHand()).toMatchObject({ stillHeld: { count: 0 } });
    expect(await onDisk()).toMatchObject([{ status: "approved" }]);
  });
});

describe("a run that is to be held", () => {
  it("is held although another file has its path below held/, and an export knows both", async () => {
    const before = await stack.wholeCutover();
    await stack.advance();
    const location = stack.held(busy, before);
    await addFiles(stack.root, { [location]: run("busy", { planHash: "x" }) });
    const { rollback } = await stack.rollBack(before, { uri: undefined });
    expect(rollback?.held.cases.toSorted()).toEqual(["busy", "busy", "slow"]);
    expect(await namesOf("busy")).not.toContain(busy);
    const report = await stack.exportByHand();
    expect(report.returned.cases.toSorted()).toEqual(["busy", "slow"]);
    expect(await stack.onDisk("busy")).toMatchObject(finished);
  });

  it("whose other file is as MongoDB has it leaves no held copy that may return over it", async () => {
    const outs = await stack.rollBack(await stack.cutover(), { uri: undefined });
    const files = await stack.files();
    const again = await stack.cutover(outs);
    await stack.finalPass(again);
    // A client had submitted the run again, and MongoDB goes on with it.
    await addFiles(stack.root, { [busy]: files[`held/${busy}`] ?? "" });
    await stack.advance();
    const { rollback } = await stack.rollBack(again);
    const exported = { superseded: { cases: ["busy"] }, destinationTaken: { count: 0 } };
    expect(rollback).toMatchObject({ held: { count: 0 }, exported });
    expect(stack.printed.join("\n")).toMatch(/busy\. .*\/superseded/);
    expect(await namesOf("busy")).toEqual([busy, `superseded/${busy}`]);
    expect(await stack.onDisk("busy")).toMatchObject(finished);
  });

  it("that cannot be moved stops the rollback with the cutover in force", async () => {
    const before = await stack.wholeCutover();
    await addFiles(stack.root, { held: "in the way" });
    const failed = stack.rollBack(before, { uri: undefined });
    await expect(failed).rejects.toThrow(
      /Holding state\/runs\/\w+\.json failed.*The cutover stays in force/,
    );
    expect(await readCutoverRecord(stack.root)).not.toHaveProperty("endedAt");
    await rm(join(stack.root, "held"));
    const { rollback } = await stack.rollBack(before, { uri: undefined });
    expect(rollback?.held.cases.toSorted()).toEqual(["busy", "slow"]);
  });
});

it("an unfinished run in MongoDB that is finished on disk is named: no worker resumes it", async () => {
  const before = await stack.wholeCutover();
  await addFiles(stack.root, { [busy]: run("busy", finished) });
  const { rollback } = await stack.rollBack(before);
  expect(rollback).toMatchObject({ held: { count: 0 }, unequal: { cases: ["busy"] } });
  expect(stack.printed.join("\n")).toMatch(/warning: 1 run .*: busy\. .*\[runs-not-equal\]/);
  expect(JSON.parse(await readFile(join(stack.root, busy), "utf8"))).toMatchObject(finished);
});

it("the cutover says that nothing was exported, until an export could read MongoDB", async () => {
  const before = await stack.wholeCutover();
  await stack.rollBack(before, { uri: undefined });
  expect(await readCutoverRecord(stack.root)).toMatchObject({ notExported: true });
  await stack.exportByHand();
  expect(await readCutoverRecord(stack.root)).not.toHaveProperty("notExported");
});
