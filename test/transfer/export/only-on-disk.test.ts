import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { RollbackStack, running } from "../rollback-stack";
import { addFiles, approval, jsonIn } from "../state";

const stack = new RollbackStack();
const gate = "state/approvals/busy.json";
const approved = (id: string) => approval(id, { status: "approved" });
const approvals = () => stack.db.collection("pack_run_approvals");

/** A cutover of a run with approvals on both sides. */
async function cutOver(...all: readonly object[]) {
  await addFiles(stack.root, { [gate]: all });
  return stack.wholeCutover();
}

it("an approval that MongoDB removed is deleted from the file of an unfinished run, which is not held", async () => {
  const before = await cutOver(approved("a"), approved("b"));
  const file = await jsonIn(stack.root, gate);
  await approvals().deleteOne({ approvalId: "a" });
  const { rollback } = await stack.rollBack(before);
  const copy = `conflicts/removed/${gate}`;
  expect(rollback).toMatchObject({
    held: { count: 0 },
    exported: { removedApprovals: { count: 1, cases: [{ id: "busy:a", file: gate, copy }] } },
  });
  expect(await jsonIn(stack.root, gate)).toMatchObject([{ approvalId: "b" }]);
  expect(await jsonIn(stack.root, copy)).toEqual(file);
  expect(stack.printed.join("\n")).toMatch(/busy:a in state\/approvals\/busy\.json \(copied to/);
  expect(await stack.onDisk("busy")).toMatchObject(running);
});

it("the only approval of a run leaves an empty file, and an earlier copy stays", async () => {
  const before = await cutOver(approved("a"));
  await addFiles(stack.root, { [`conflicts/removed/${gate}`]: "[]" });
  await approvals().deleteMany({});
  const { rollback } = await stack.rollBack(before);
  expect(rollback).toMatchObject({ held: { count: 0 } });
  expect(await jsonIn(stack.root, gate)).toEqual([]);
  expect(await jsonIn(stack.root, `conflicts/removed/${gate}`)).toEqual([]);
  expect(await jsonIn(stack.root, `conflicts/removed.2/${gate}`)).toMatchObject([
    { approvalId: "a" },
  ]);
});

it("an approval that is twice in the file is deleted twice", async () => {
  const before = await cutOver(approved("a"));
  await addFiles(stack.root, { [gate]: [approved("a"), approval("a")] });
  await approvals().deleteMany({});
  expect((await stack.rollBack(before)).rollback).toMatchObject({ held: { count: 0 } });
  expect(await jsonIn(stack.root, gate)).toEqual([]);
});

it("a run that was held without MongoDB returns without an approval that MongoDB removed", async () => {
  const before = await cutOver(approved("a"));
  await stack.rollBack(before, { uri: undefined });
  await approvals().deleteMany({});
  expect(await stack.exportByHand()).toMatchObject({ stillHeld: { count: 0 } });
  expect(await jsonIn(stack.root, gate)).toEqual([]);
});

it("an approval that MongoDB never had holds its run until it is deleted from the file", async () => {
  const before = await cutOver(approval("a"));
  await addFiles(stack.root, { [gate]: [approval("a"), approved("b")] });
  const { rollback } = await stack.rollBack(before);
  const conflict = { id: "busy:b", file: gate, detail: "approved on disk, not in MongoDB" };
  expect(rollback).toMatchObject({
    held: { cases: ["busy"] },
    exported: { conflicts: { cases: [conflict] } },
  });
  expect(stack.printed.join("\n")).toMatch(/busy:b .*not in MongoDB.*\[conflicts\]/);
  expect(await stack.exportByHand()).toMatchObject({ stillHeld: { cases: ["busy"] } });
  await addFiles(stack.root, { [gate]: [approval("a")] });
  expect(await stack.exportByHand()).toMatchObject({
    stillHeld: { count: 0 },
    returned: { cases: ["busy"] },
  });
});

it.each([
  ["a file", "[{]"],
  ["an approval", JSON.stringify([{ approvalId: "a" }])],
])("%s that cannot be read holds its run, also if MongoDB has no approval", async (_, text) => {
  const before = await stack.wholeCutover();
  await addFiles(stack.root, { [gate]: "" });
  await writeFile(join(stack.root, gate), text);
  expect((await stack.rollBack(before)).rollback).toMatchObject({ held: { cases: ["busy"] } });
  expect(await stack.exportByHand()).toMatchObject({ stillHeld: { cases: ["busy"] } });
});

it("a conflict in the same file keeps all of it", async () => {
  const before = await cutOver(approved("a"), approved("b"));
  await addFiles(stack.root, { [gate]: [approved("a"), approval("b")] });
  await approvals().deleteOne({ approvalId: "a" });
  expect((await stack.rollBack(before)).rollback).toMatchObject({ held: { cases: ["busy"] } });
  expect(await jsonIn(stack.root, gate)).toHaveLength(2);
  // With the right content, the next export does both.
  await addFiles(stack.root, { [gate]: [approved("a"), approved("b")] });
  expect(await stack.exportByHand()).toMatchObject({ stillHeld: { count: 0 } });
  expect(await jsonIn(stack.root, gate)).toMatchObject([{ approvalId: "b" }]);
});

it("in a copy of another time nothing counts as removed: the run is held until the next export", async () => {
  const before = await cutOver(approved("a"));
  const older = (await stack.allFiles())["cutover.json"] ?? "";
  await stack.exportByHand();
  await addFiles(stack.root, { "cutover.json": older });
  await approvals().deleteMany({});
  expect((await stack.rollBack(before)).rollback).toMatchObject({ held: { cases: ["busy"] } });
  expect(await jsonIn(stack.root, gate)).toMatchObject([{ approvalId: "a" }]);
  expect(await stack.exportByHand()).toMatchObject({ stillHeld: { count: 0 } });
});
