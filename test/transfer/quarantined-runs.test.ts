import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, expect, it } from "vitest";
import { providers } from "../../components/transfer/provider";
import type { PassInputs } from "../../components/transfer";
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
