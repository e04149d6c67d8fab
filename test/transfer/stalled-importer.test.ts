import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Collection, type Document, FindCursor } from "mongodb";
import { afterEach, expect, it, vi } from "vitest";
import { defaultFolders, type CollectionRole } from "../../components/contract";
import { fileOf } from "../../components/state";
import { importState, verifyState } from "../../components/transfer";
import {
  type NewMergeBase,
  announceMergeBases,
  mergeBasesIn,
  withdrawMergeBases,
} from "../../components/transfer/merge-bases";
import { type Checkpoint, Checkpoints } from "../../components/transfer/checkpoints";
import { databasePerTest, defaultSides, sidesOf } from "./database";
import { approval, run, writeState } from "./state";

const current = databasePerTest();
const file = "state/runs/r.json";
const steps = (...statuses: string[]) => ({
  steps: statuses.map((status, at) => ({ stepId: `s${at}`, status, attempts: 1 })),
});
/** The same time of change in each: clocks differ, so that it decides nothing. */
const [first, second, third] = [
  steps("Running", "Pending"),
  steps("Succeeded", "Pending"),
  steps("Succeeded", "Running"),
].map((fields) => JSON.stringify(run("r", fields)));

afterEach(() => vi.restoreAllMocks());

const { runs } = sidesOf(current);
const statuses = async () =>
  ((await runs().findOne({ _id: "r" }))?.steps as Document[]).map(({ status }) => status as string);

/** Does something else before the next read of runs by their ids, which waits for it. */
function stallRead(meanwhile: () => Promise<unknown>): void {
  const read = Reflect.get(FindCursor.prototype, "toArray");
  let isDone = false;
  vi.spyOn(FindCursor.prototype, "toArray").mockImplementation(async function (this: FindCursor) {
    const isByIds = "_id" in (Reflect.get(this, "cursorFilter") as object);
    if (!isDone && this.namespace.collection === "pack_runs" && isByIds) {
      isDone = true;
      await meanwhile();
    }
    return read.call(this) as Promise<unknown[]>;
  });
}

it("an importer that stalled behind a file's read leaves a newer run and checkpoint", async () => {
  const root = await writeState({ [file]: first ?? "" });
  const sides = defaultSides(current.db, root);
  await importState(sides);
  await writeFile(join(root, file), second ?? "");
  stallRead(async () => {
    await writeFile(join(root, file), third ?? "");
    await importState(sides);
  });
  // It says that another import has to bring what the file has now.
  expect(await importState(sides)).toMatchObject({ changedFiles: 1 });
  vi.restoreAllMocks();
  expect(await statuses()).toEqual(["Succeeded", "Running"]);
  expect(await importState({ ...sides, pass: "delta" })).toMatchObject({ changedFiles: 0 });
  expect(await statuses()).toEqual(["Succeeded", "Running"]);
  expect(await verifyState(sides)).toMatchObject({ holds: true });
});

it("an importer that stalled before its write replaces only what it read", async () => {
  const root = await writeState({ [file]: first ?? "" });
  const sides = defaultSides(current.db, root);
  await importState(sides);
  await writeFile(join(root, file), second ?? "");
  const replace = Reflect.get(Collection.prototype, "replaceOne");
  const replaced = vi
    .spyOn(Collection.prototype, "replaceOne")
    .mockImplementationOnce(async function (this: Collection, ...asked) {
      replaced.mockRestore();
      await writeFile(join(root, file), third ?? "");
      await importState(sides);
      return replace.apply(this, asked);
    });
  await importState(sides);
  expect(await statuses()).toEqual(["Succeeded", "Running"]);
});

/** Imports, and does something else before the merge bases are settled. */
async function stalledBeforeSettling(root: string, meanwhile: () => Promise<unknown>) {
  const write = Reflect.get(Collection.prototype, "bulkWrite");
  const writes = vi.spyOn(Collection.prototype, "bulkWrite");
  let isStalled = false;
  writes.mockImplementation(async function (this: Collection, ...asked) {
    if (!isStalled && JSON.stringify(asked).includes('"agreed"')) {
      isStalled = true;
      await meanwhile();
    }
    return write.apply(this, asked);
  });
  await importState(defaultSides(current.db, root));
  writes.mockRestore();
  expect(isStalled).toBe(true);
}

it("an importer that stalled before it settled leaves the newer merge base", async () => {
  const root = await writeState({ [file]: first ?? "" });
  const sides = defaultSides(current.db, root);
  await stalledBeforeSettling(root, async () => {
    await writeFile(join(root, file), second ?? "");
    await importState(sides);
  });
  await writeFile(join(root, file), third ?? "");
  expect(await importState({ ...sides, pass: "delta" })).toMatchObject({
    runs: { updated: 1, quarantined: 0 },
  });
});

it("an importer settles what it wrote beside another one's announcement", async () => {
  const root = await writeState({ [file]: first ?? "" });
  const sides = defaultSides(current.db, root);
  const bases = mergeBasesIn(current.db);
  const theirs: NewMergeBase = {
    role: "runs",
    key: "r",
    disk: "theirs",
    mongo: "theirs",
    file,
    isNew: true,
    seen: undefined,
  };
  await stalledBeforeSettling(root, () => announceMergeBases(bases, "mongo", [theirs]));
  await withdrawMergeBases(bases, "mongo", [theirs]);
  await writeFile(join(root, file), second ?? "");
  expect(await importState({ ...sides, pass: "delta" })).toMatchObject({
    runs: { updated: 1, quarantined: 0 },
  });
});

it("an older checkpoint never replaces a newer one", async () => {
  const root = await writeState({ "logs/runs/r.ndjson": "", [file]: first ?? "" });
  const sides = defaultSides(current.db, root);
  const checkpoint = () =>
    current.db.collection<{ _id: string }>("pack_run_backfill").findOne({
      _id: "run:r",
    });
  const save = Reflect.get(Collection.prototype, "bulkWrite");
  const saves = vi.spyOn(Collection.prototype, "bulkWrite");
  let newer: unknown;
  saves.mockImplementation(async function (this: Collection, ...asked) {
    const [operations] = asked;
    if (newer === undefined && JSON.stringify(operations).includes("run:r")) {
      newer = null;
      await importState(sides);
      newer = await checkpoint();
    }
    return save.apply(this, asked);
  });
  await importState(sides);
  saves.mockRestore();
  expect(newer).toHaveProperty("runs.seen");
  expect(await checkpoint()).toEqual(newer);
});

it("two importers of one run lose none of its newer checkpoints", async () => {
  const one = new Checkpoints(current.db);
  const other = new Checkpoints(current.db);
  const seenAt = (seen: number) => ({ seen, complete: true, runId: "r" }) as Checkpoint;
  const save = (store: Checkpoints, seen: Partial<Record<CollectionRole, number>>) => {
    const files = Object.entries(seen).map(([role, at]) => {
      return [
        fileOf({ root: "", folders: defaultFolders }, role as CollectionRole, "r"),
        seenAt(at),
      ] as const;
    });
    return store.save(new Map(files));
  };
  await save(one, { runs: 1 });
  await Promise.all([save(one, { runs: 2, logs: 2 }), save(other, { runs: 3, artifacts: 3 })]);
  await save(other, { logs: 1 });
  expect((await one.read(["r"])).get("r")).toMatchObject({
    runs: seenAt(3),
    logs: seenAt(2),
    artifacts: seenAt(3),
  });
});

it("a delta import refuses a file that changed while it was read", async () => {
  const files = { "state/approvals/r.json": [approval("a")], [file]: first ?? "" };
  const root = await writeState(files);
  const sides = defaultSides(current.db, root);
  await importState(sides);
  await writeFile(join(root, file), second ?? "");
  stallRead(() => writeFile(join(root, file), third ?? ""));
  expect(await importState({ ...sides, pass: "delta" })).toMatchObject({
    runs: { updated: 0, quarantined: 1 },
    quarantinedUnfinished: { count: 1 },
  });
  vi.restoreAllMocks();
  expect(await statuses()).toEqual(["Running", "Pending"]);
  expect(await importState({ ...sides, pass: "delta" })).toMatchObject({ runs: { updated: 1 } });
});

it("a delta import leaves approvals that web changed meanwhile to the final one", async () => {
  const approvals = "state/approvals/r.json";
  const decided = (status: string) => JSON.stringify([approval("a", { status })]);
  const root = await writeState({ [approvals]: decided("pending"), [file]: first ?? "" });
  const sides = defaultSides(current.db, root);
  await importState(sides);
  await writeFile(join(root, file), second ?? "");
  await writeFile(join(root, approvals), `${decided("pending")}\n`);
  stallRead(() => writeFile(join(root, approvals), decided("approved")));
  expect(await importState({ ...sides, pass: "delta" })).toMatchObject({
    approvals: { quarantined: 0 },
  });
  vi.restoreAllMocks();
  expect(await importState({ ...sides, pass: "final" })).toMatchObject({
    approvals: { updated: 1, quarantined: 0 },
  });
});
