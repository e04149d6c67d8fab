import { chmod, mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { defaultFolders } from "../../components/contract";
import { verifyState } from "../../components/transfer";
import { providers } from "../../components/transfer/provider";
import { providers as rollout } from "../../components/rollout/provider";
import { addFiles, approval, logLine, run, writeState } from "./state";
import { RollbackStack, finished, runStep, running, unreachable } from "./rollback-stack";

const stack = new RollbackStack();
const { BulkPass } = providers;
const waiting = { steps: [{ stepId: "build", status: "Pending", attempts: 0 }] };
const gate = (fields: object) => ({
  steps: [{ stepId: "gate", approvalId: "a", status: "Pending", attempts: 0, ...fields }],
});

const without = (store: string) =>
  Object.fromEntries(Object.entries(defaultFolders).filter(([name]) => name !== store));

/** The bulk pass of a first cutover. */
async function bulkPass(fields: object = {}) {
  const done = await BulkPass.create(stack.inputs(fields));
  return done.outs as { report: Record<string, { inserted: number }> };
}

/** Why a preview refuses the state directory; an empty text if it does not. */
async function previewed(fields: object = {}) {
  const sides = { root: stack.root, folders: defaultFolders, approvals: true, ...fields };
  const asked = { direction: "forward", cutover: 1, ...sides };
  const { failures } = await rollout.Cutover.check({}, asked);
  return failures?.map(({ reason }) => reason).join();
}

const runFile = (runId: string, fields?: object) => ({
  [`state/runs/${runId}.json`]: run(runId, fields),
});

describe("a store in another folder stops a cutover before the drain, in the preview too:", () => {
  it.each([
    ["logs", "a run that has executed steps", runFile("r", finished)],
    ["logs", "a run that is in its first step", runFile("r", running)],
    ["logs", "a run whose step is tried again", runFile("r", gate({ attempts: 1 }))],
    ["approvals", "a gate that was passed", runFile("r", gate({ status: "Succeeded" }))],
    [
      "approvals",
      "a gate that was tried, in integers",
      runFile("r", gate({ status: 0, attempts: 1 })),
    ],
  ])("%s, beside %s", async (store, _what, files) => {
    const folder = store === "logs" ? "state/approvals" : "logs/runs";
    await addFiles(stack.root, { ...files, ...runFile("waits", waiting), [`${folder}/x.log`]: "" });
    const named = new RegExp(`state/runs/r\\.json .*backfill\\.source\\.folders\\.${store} `);
    expect(await previewed()).toMatch(named);
    await expect(bulkPass()).rejects.toThrow(named);
    expect(await stack.runs.countDocuments()).toBe(0);
    await mkdir(join(stack.root, defaultFolders[store as "logs"]), { recursive: true });
    expect(await previewed()).toBe("");
    expect(await bulkPass()).toMatchObject({ report: { runs: { inserted: 2 } } });
  });
});

it("runs in another folder than their logs stop a cutover before the drain, in the preview too", async () => {
  const log = { "logs/runs/r.ndjson": [logLine(1)] };
  await addFiles(stack.root, { ...log, "runs/r.json": run("r", finished) });
  const named = /logs\/runs\/r\.ndjson.*backfill\.source\.folders\.runs /;
  expect(await previewed()).toMatch(named);
  await expect(bulkPass()).rejects.toThrow(named);
  const folders = { ...defaultFolders, runs: "runs" };
  expect(await previewed({ folders })).toBe("");
  expect(await bulkPass({ folders })).toMatchObject({ report: { runs: { inserted: 1 } } });
});

it("a missing folder that no run has used stops nothing", async () => {
  await addFiles(stack.root, {
    ...runFile("r", waiting),
    ...runFile("s", gate({ status: 0 })),
    ...runFile("t", gate({ status: "Skipped" })),
  });
  expect(await previewed()).toBe("");
  expect(await bulkPass()).toMatchObject({ report: { runs: { inserted: 3 } } });
});

it.each([
  ["logs", "logs/runs/r.ndjson"],
  ["artifacts", "artifacts/r/artifact-manifest.json"],
  ["approvals", "state/approvals/r.json"],
  ["queue", "queue/r.json"],
])("none for %s is refused while the default folder has files", async (store, file) => {
  await addFiles(stack.root, { ...runFile("r", waiting), [file]: "" });
  const folders = without(store);
  const named = new RegExp(`backfill\\.source\\.folders\\.${store} is none, .* ${file}`);
  expect(await previewed({ folders })).toMatch(named);
  await expect(bulkPass({ folders })).rejects.toThrow(named);
  await rm(join(stack.root, file));
  expect(await previewed({ folders })).toBe("");
  await bulkPass({ folders });
});

it("a missing folder stops nothing while a cutover is in force", async () => {
  await stack.cutover();
  await rm(join(stack.root, "logs"), { recursive: true });
  await bulkPass();
});

it("none for a store passes if another one has its default folder", async () => {
  const folders = { runs: "state/approvals" };
  await addFiles(stack.root, { "state/approvals/r.json": run("r", waiting) });
  expect(await previewed({ folders })).toBe("");
  expect(await bulkPass({ folders })).toMatchObject({ report: { runs: { inserted: 1 } } });
});

it("approvals without a collection stay as they are", async () => {
  const folders = without("approvals");
  await addFiles(stack.root, { ...runFile("r", waiting), "state/approvals/r.json": "" });
  expect(await previewed({ folders, approvals: false })).toBe("");
  await bulkPass({ folders, approvals: false });
});

it("files that belong to no store are counted and named before the drain", async () => {
  await addFiles(stack.root, {
    ...runFile("r", waiting),
    "artifacts/r/report.html": "",
    "artifacts/provenance/r.json": "",
    "artifacts/provenance/s.json": "",
    "state/locks/r.lock": "",
    "queue/r.json": "",
    "cutover.json.tmp": "",
    "quarantine.ndjson": "",
    "held/f/state/runs/s.json": "",
  });
  const { report } = await bulkPass();
  expect(report).toMatchObject({ skipped: { foreign: 3, unknown: 0, temporary: 1 } });
  const printed = stack.printed.find((line) => line.includes("that are not state"));
  for (const name of ["artifacts/provenance/r.json", "artifacts/provenance/s.json"]) {
    expect(printed).toContain(name);
  }
  expect(printed).toContain("state/locks/r.lock");
});

it("a folder that this user may not read is named, and stops nothing", async () => {
  const root = await writeState({ "state/runs/r.json": "", "other/secret.json": "" });
  await chmod(root, 0o755);
  await chmod(join(root, "other"), 0o700);
  // Root may read everything, so another user looks.
  const look = `require("./components/typescript.cjs");
    const { noneSkipped, skipForeign } = require("./components/state");
    const { defaultFolders } = require("./components/contract");
    if (process.getuid?.() === 0) process.setuid(65_534);
    const skipped = noneSkipped();
    const address = { root: ${JSON.stringify(root)}, folders: defaultFolders };
    skipForeign(address, skipped).then(() => console.log(JSON.stringify(skipped)));`;
  const { stdout } = await execa("node", ["--eval", look]);
  expect(JSON.parse(stdout)).toMatchObject({ foreign: 1, foreignNames: ["other"] });
});

describe("a state directory with other folders", () => {
  const folders = {
    runs: "artifacts/runs",
    approvals: "decisions",
    logs: "run-logs",
    artifacts: "artifacts",
    queue: "jobs",
  };
  const files = {
    "artifacts/runs/busy.json": run("busy", running),
    "artifacts/runs/done.json": run("done"),
    "decisions/busy.json": [approval("gate")],
    "run-logs/busy.ndjson": [logLine(1)],
    "jobs/1.json": { runId: "busy" },
    "artifacts/busy/artifact-manifest.json": { runId: "busy", outputs: [] },
  };
  const sides = () => ({ ...stack.sides, folders });

  it("goes to MongoDB whole, and another folder is another source", async () => {
    await addFiles(stack.root, files);
    const outs = await bulkPass({ folders });
    const one = { inserted: 1 };
    expect(outs.report).toMatchObject({ runs: { inserted: 2 }, logs: one, approvals: one });
    expect(await verifyState(sides())).toMatchObject({ holds: true, logs: { files: 1, equal: 1 } });
    const { changes } = await BulkPass.diff("id", outs, stack.inputs());
    expect(changes).toBe(true);
    expect((await BulkPass.diff("id", outs, stack.inputs({ folders }))).changes).toBe(false);
  });

  it("holds runs of its own folder, and gets them back there", async () => {
    await addFiles(stack.root, files);
    const outs = await runStep(undefined, stack.inputs({ folders }));
    await stack.advance();
    await stack.rollBack(outs, { ...unreachable, folders, abandonMongo: outs.cutoverRecord?.at });
    const held = ["artifacts/runs/busy.json", "decisions/busy.json", "jobs/1.json"];
    const names = held.map((name) => `held/${name}`);
    expect(Object.keys(await stack.files())).toEqual(expect.arrayContaining(names));
    await stack.exportByHand({ folders });
    const text = await readFile(join(stack.root, folders.runs, "busy.json"), "utf8");
    expect(JSON.parse(text)).toMatchObject(finished);
    const log = await readFile(join(stack.root, "run-logs/busy.ndjson"), "utf8");
    expect(log.trim().split("\n")).toHaveLength(2);
    const found = Object.keys(await stack.files()).filter((name) => name !== "quarantine.ndjson");
    expect(found.sort()).toEqual(Object.keys(files).sort());
  });
});
