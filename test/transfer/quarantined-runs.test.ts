import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, expect, it } from "vitest";
import { providers } from "../../components/transfer/provider";
import type { Report, PassInputs } from "../../components/transfer";
import { RollbackStack, running } from "./rollback-stack";
import { addFiles, approval, artifact, logLine, run } from "./state";

const stack = new RollbackStack();
let inputs: PassInputs;
beforeEach(async () => {
  inputs = stack.inputs() as PassInputs;
  await mkdir(join(inputs.root, "logs/runs"), { recursive: true });
});

const { BulkPass } = providers;
const file = (runId: string) => `state/runs/${runId}.json`;
/** A run on disk that the contract refuses. */
const bad = (runId: string, fields: object = {}) =>
  JSON.stringify(run(runId, { plan: 1, ...fields }));
const good = (count: number) =>
  Object.fromEntries(
    Array.from({ length: count }, (_, at) => [file(`r-${at}`), JSON.stringify(run(`r-${at}`))]),
  );

it.each([
  ["unfinished", bad("s", running)],
  ["without a step, which may be one that just began", bad("s", { steps: [] })],
  ["of which nobody can say, because it is not JSON", "{"],
])(
  "a quarantined run that is %s stops the cutover, until its file is fixed",
  async (_what, text) => {
    await addFiles(inputs.root, { ...good(1), [file("s")]: text });
    const stopped: unknown = await BulkPass.create(inputs).catch((error: unknown) => error);
    expect(stopped).toMatchObject({
      properties: { applied: false, report: { runs: { inserted: 1, quarantined: 1 } } },
      reasons: [expect.stringMatching(/: 1 run .*: state\/runs\/s\.json \(.+\)\. /)],
    });
    await addFiles(inputs.root, { [file("s")]: run("s", running) });
    const { properties } = stopped as { properties: object };
    expect((await BulkPass.diff("id", properties, inputs)).changes).toBe(true);
    expect((await BulkPass.update("id", properties, inputs)).outs).toMatchObject({
      applied: true,
      report: { runs: { inserted: 1, unchanged: 1 } },
    });
  },
);

it("finished runs that are quarantined stop the cutover if they are more than 1 % of all", async () => {
  await addFiles(inputs.root, { ...good(99), [file("s")]: bad("s") });
  expect((await BulkPass.create(inputs)).outs).toMatchObject({
    applied: true,
    report: { runs: { read: 100, quarantined: 1 } },
  });
  await addFiles(inputs.root, { [file("t")]: bad("t") });
  await expect(BulkPass.create(inputs)).rejects.toMatchObject({
    reasons: [
      expect.stringMatching(
        /: 2 of 101 runs .* 1 %: state\/runs\/s\.json \(.+\), state\/runs\/t\.json \(.+\)\. /,
      ),
    ],
  });
});

it.each([
  ["release%3A2025%2F11", /encode names .*not support/],
  ["release-2025-11", /If a service wrote this name, .*not support/],
])("a finished run in a file named %s stops the cutover before the drain", async (name, advice) => {
  const misnamed = { [file(name)]: JSON.stringify(run("release:2025/11")) };
  await addFiles(inputs.root, { ...good(120), ...misnamed });
  const stopped = (await BulkPass.create(inputs).catch((error: unknown) => error)) as {
    reasons: string[];
  };
  expect(stopped.reasons).toEqual([expect.stringMatching(advice)]);
  expect(stopped.reasons[0]).toContain(file(name));
  expect(stopped.reasons[0]).not.toMatch(/rename/i);
  expect(await stack.runs.countDocuments({ _id: "release:2025/11" })).toBe(0);
});

it("a run that gets another name after the bulk pass stops the handover", async () => {
  await addFiles(inputs.root, good(120));
  await BulkPass.create(inputs);
  await addFiles(inputs.root, { [file("a-b")]: JSON.stringify(run("a:b")) });
  await expect(providers.Handover.create(stack.inputs())).rejects.toMatchObject({
    reasons: [expect.stringMatching(/state\/runs\/a-b\.json .*no cutover was recorded/)],
  });
});

it("a stop names its runs and their way on, however many log entries were refused before", async () => {
  const runIds = Array.from({ length: 25 }, (_, at) => `r-${at}`);
  await addFiles(inputs.root, good(25));
  await BulkPass.create(inputs);
  await stack.runs.updateMany({}, { $set: { planHash: "changed in MongoDB" } });
  const loud = runIds.map((_, at) => logLine(at, { level: "loud" }));
  await addFiles(inputs.root, { "logs/runs/r-0.ndjson": loud });
  for (const runId of runIds) {
    await addFiles(inputs.root, { [file(runId)]: run(runId, { planHash: "changed on disk" }) });
  }
  const stopped = await BulkPass.create(inputs).catch((error: unknown) => error);
  const { reasons, properties } = stopped as {
    readonly reasons: readonly string[];
    readonly properties: { readonly report: Report<"import"> };
  };
  const said = reasons.join("\n");
  expect(said).toMatch(/25 of 25 runs .*runs\/r-\d+\.json .*delete .* in MongoDB.*deleteMany/);
  expect(runIds.filter((runId) => said.includes(`"${runId}"`))).toHaveLength(20);
  expect(properties.report.quarantine).toHaveLength(20);
  expect(properties.report.runs.quarantined).toBe(25);
});

it("quarantined log entries, artifacts and approvals do not stop the cutover", async () => {
  const outputs = [artifact("a", { status: 9 })];
  await addFiles(inputs.root, {
    ...good(1),
    "logs/runs/r-0.ndjson": [logLine(1, { level: "loud" })],
    "artifacts/r-0/artifact-manifest.json": { outputs },
    "state/approvals/r-0.json": [approval("a", { requestedAt: "soon" })],
  });
  const one = { quarantined: 1 };
  expect((await BulkPass.create(inputs)).outs).toMatchObject({
    applied: true,
    report: { runs: { inserted: 1 }, logs: one, artifacts: one, approvals: one },
  });
});
