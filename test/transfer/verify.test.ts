import { Long, ObjectId } from "mongodb";
import { expect, it } from "vitest";
import { importState, verifyState } from "../../components/transfer";
import { importCounts } from "./counts";
import { databasePerTest, sidesOf } from "./database";
import { addFiles, approval, logLine, run, twoRuns, writeState } from "./state";

const current = databasePerTest();
const { sides, runs } = sidesOf(current);

it("the verification names what is missing and what differs", async () => {
  const root = await writeState(twoRuns);
  await importState(sides(root));
  await current.db.collection("pack_run_logs").deleteOne({ runId: "r-2", sequence: 2 });
  await runs().updateOne({ _id: "r-2" }, { $set: { "plan.name": "x" } });
  await addFiles(root, { "state/runs/r-2.json": run("r-2", { planHash: "y" }) });
  await runs().insertOne({ ...(await aRun()), _id: "r-9" });
  expect(await verifyState(sides(root))).toMatchObject({
    holds: false,
    runs: { files: 2, mongo: 3, equal: 1, onlyInMongo: 1, differing: 1, missing: 0 },
    logs: { missing: 1 },
    onlyInFiles: { logs: ["r-2:2"] },
    approvals: { equal: 2 },
  });
  expect((await verifyState(sides(root))).different?.runs).toEqual([
    { id: "r-2", paths: ["planHash", "plan.name"] },
  ]);
});

it("a file that changed since its import is a difference, also if it only is the newer one", async () => {
  const root = await writeState(twoRuns);
  await importState(sides(root));
  const updatedAt = "2025-11-06T12:00:00Z";
  await addFiles(root, { "state/runs/r-2.json": run("r-2", { updatedAt }) });
  expect(await verifyState(sides(root))).toMatchObject({
    holds: false,
    runs: { equal: 1, differing: 1 },
    different: { runs: [{ id: "r-2", paths: ["updatedAt"] }] },
  });
});

it("what services write later in MongoDB is no difference", async () => {
  const root = await writeState(twoRuns);
  await importState(sides(root));
  await runs().updateOne({ _id: "r-1" }, { $set: { updatedAt: new Date(), steps: [] } });
  await current.db
    .collection("pack_run_approvals")
    .updateOne({ approvalId: "gate" }, { $set: { status: "approved" } });
  expect(await verifyState(sides(root))).toMatchObject({
    holds: true,
    runs: { equal: 1, newerInMongo: 1 },
    approvals: { equal: 1, newerInMongo: 1 },
  });
  expect(await importState(sides(root))).toMatchObject({
    runs: importCounts(2, { unchanged: 2 }),
    approvals: importCounts(2, { unchanged: 2 }),
  });
});

it("a record on disk that cannot be imported makes the verification fail", async () => {
  const root = await writeState({ ...twoRuns, "state/runs/r-3.json": "{}" });
  await importState(sides(root));
  expect(await verifyState(sides(root))).toMatchObject({
    holds: false,
    runs: { files: 3, equal: 2, quarantined: 1 },
    quarantine: [{ file: "state/runs/r-3.json", reason: "contract" }],
  });
});

it("a list that was accepted is accepted with what its records had, not with what they have later", async () => {
  const refused = (status: string) => ({
    "state/approvals/r-3.json": [approval("a", { requestedAt: "soon", status })],
  });
  const root = await writeState({ ...twoRuns, ...refused("pending") });
  await importState(sides(root));
  const { hash: acceptQuarantined } = await verifyState(sides(root));
  const again = () => verifyState({ ...sides(root), acceptQuarantined });
  expect(await again()).toMatchObject({ holds: true });
  await addFiles(root, refused("rejected"));
  expect(await again()).toMatchObject({ holds: false, approvals: { quarantined: 1 } });
});

it("log entries beyond the retention count as expired where they are gone", async () => {
  const now = new Date().toISOString();
  const recent = logLine(3, { timestamp: now });
  const root = await writeState({
    "logs/runs/r.ndjson": [logLine(1), logLine(2), recent],
  });
  await importState(sides(root));
  await current.db.collection("pack_run_logs").deleteOne({ sequence: 1 });
  const never = { former: -Infinity, formerEndedAt: -Infinity };
  const expiry = { ...never, now: Date.now() - 30 * 86_400_000 };
  const verified = await verifyState({ ...sides(root), expiry });
  expect(verified).toMatchObject({
    holds: true,
    logs: { files: 3, equal: 2, expired: 1, missing: 0 },
  });
  expect(await verifyState(sides(root))).toMatchObject({ holds: false, logs: { missing: 1 } });
  await current.db.collection("pack_run_logs").deleteOne({ sequence: 3 });
  expect(await verifyState({ ...sides(root), expiry })).toMatchObject({
    holds: false,
    logs: { expired: 1 },
    onlyInFiles: { logs: ["r:3"] },
  });
});

async function aRun() {
  const [first] = await runs().find().toArray();
  return first;
}

it("a list of objects under a name of JavaScript's own is compared as it is stored", async () => {
  const plan = '{"__proto__":[{"a":1},{"b":[{"c":2}]}]}';
  const text = JSON.stringify(run("r")).replace(/"plan":\{.*?\}\]\}/, `"plan":${plan}`);
  const root = await writeState({ "state/runs/r.json": text });
  await importState(sides(root));
  expect(await verifyState(sides(root))).toMatchObject({ holds: true, runs: { equal: 1 } });
});

it("a key that is on disk twice hides one that is only in MongoDB, which is no difference", async () => {
  const root = await writeState({
    "state/runs/r-1.json": run("r-1"),
    "logs/runs/r-1.ndjson": [logLine(1), logLine(2), logLine(2)],
  });
  await importState(sides(root));
  const logs = current.db.collection("pack_run_logs");
  const [entry] = await logs.find({ sequence: 2 }).toArray();
  expect(await verifyState(sides(root))).toMatchObject({
    holds: true,
    logs: { files: 3, mongo: 2, equal: 3, onlyInMongo: 0 },
  });
  await logs.insertOne({ ...entry, _id: new ObjectId(), runId: "other", sequence: new Long(99) });
  await runs().updateOne({ _id: "r-1" }, { $set: { steps: [] } });
  expect(await verifyState(sides(root))).toMatchObject({
    holds: true,
    runs: { newerInMongo: 1 },
    logs: { mongo: 3, onlyInMongo: 0 },
    approvals: { onlyInMongo: 0 },
  });
});
