import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { defaultFolders } from "../../components/contract";
import { groupsOnDisk } from "../../components/transfer/disk";
import { Tally } from "../../components/transfer/tally";
import {
  addFiles,
  approval,
  artifact,
  lines,
  logLine,
  run,
  writeState,
  type StateFiles,
} from "./state";

async function read(files: StateFiles, links: object = {}) {
  const root = await writeState({ "state/runs/.keep": "" });
  await addFiles(root, files);
  for (const [name, to] of Object.entries(links)) await symlink(String(to), join(root, name));
  const tally = new Tally();
  const address = { root, folders: defaultFolders };
  const documents = [];
  for await (const { chunks } of groupsOnDisk({ address, tally, from: "start" })) {
    for await (const { records } of chunks) {
      documents.push(...records.map(({ document }) => document));
    }
  }
  return { documents, report: tally.report() };
}

it("a log has its run's id from the run file of the same name, else from its own name", async () => {
  const { documents } = await read({
    "state/runs/a_b.json": run("a/b"),
    "logs/runs/a_b.ndjson": [logLine(1)],
    "logs/runs/c_d.ndjson": [logLine(1)],
  });
  expect(
    documents
      .filter((one) => "runId" in one)
      .map(({ runId }: { runId?: string }) => runId)
      .sort(),
  ).toEqual(["a/b", "c_d"]);
});

it("a group of several runs has at most 768 KiB, so that their files fit into memory", async () => {
  const log = lines(logLine(1, { message: "x".repeat(300 * 1024) }));
  const root = await writeState({ "state/runs/.keep": "" });
  for (const name of "abcde") await addFiles(root, { [`logs/runs/${name}.ndjson`]: log });
  const address = { root, folders: defaultFolders };
  const sizes: number[] = [];
  for await (const { bytes } of groupsOnDisk({ address, tally: new Tally(), from: "start" })) {
    sizes.push(bytes / log.length);
  }
  expect(sizes).toEqual([2, 2, 1]);
});

it.each([
  ["a_b", "another", "name"],
  ["release%3A2025%2F11", "release:2025/11", "encoded-name"],
])("a run in the file %s is refused with its parts if its id is %s", async (name, id, reason) => {
  const { documents, report } = await read({
    [`state/runs/${name}.json`]: run(id),
    [`state/approvals/${name}.json`]: [approval("a")],
    [`logs/runs/${name}.ndjson`]: [logLine(1)],
    [`artifacts/${name}/artifact-manifest.json`]: { outputs: [artifact("a")] },
  });
  expect(documents).toEqual([]);
  expect(report.quarantine.map((one) => one.reason)).toEqual(Array(4).fill(reason));
  const encodedCount = reason === "name" ? 0 : 1;
  expect(report).toMatchObject({
    misnamed: { count: 1, encodedCount, cases: [{ file: `state/runs/${name}.json` }] },
    quarantinedUnfinished: { count: 0 },
  });
});

it("a run whose file's name has another form of Unicode has its parts", async () => {
  const name = "re\u0301";
  const { documents, report } = await read({
    [`state/runs/${name}.json`]: run("r\u00e9"),
    [`logs/runs/${name}.ndjson`]: [logLine(1)],
  });
  expect(report.quarantine).toEqual([]);
  expect(documents).toMatchObject([{ runId: "r\u00e9" }, { _id: "r\u00e9" }]);
});

it("a run whose id is too long for the temporary name of its log is refused", async () => {
  const runIds = [230, 231].map((length) => "x".repeat(length));
  const files = runIds.map((runId) => [`state/runs/${runId}.json`, run(runId)] as const);
  const { documents, report } = await read(Object.fromEntries(files));
  expect(documents.map(({ _id }) => String(_id))).toEqual(runIds.slice(0, 1));
  expect(report.quarantine).toMatchObject([{ file: files[1]?.[0], reason: "form" }]);
});

it("a link instead of a run file is not followed for a log's id", async () => {
  const { documents, report } = await read(
    {
      "elsewhere.json": run("a/b"),
      "logs/runs/a_b.ndjson": [logLine(1)],
    },
    { "state/runs/a_b.json": "../../elsewhere.json" },
  );
  expect(documents).toMatchObject([{ runId: "a_b" }]);
  expect(report.skipped).toMatchObject({ unknownNames: ["state/runs/a_b.json"] });
});

it("approvals and artifacts are entries of their files' lists", async () => {
  const { documents } = await read({
    "state/approvals/r.json": [approval("one"), approval("two", { runId: "s" })],
    "artifacts/r/artifact-manifest.json": {
      UploadedAt: "2025-11-06T10:00:05Z",
      Outputs: [artifact("own"), artifact("given", { capturedAt: null })],
    },
  });
  expect(documents).toMatchObject([
    { runId: "r", name: "own", capturedAt: new Date("2025-11-06T10:00:01Z") },
    { runId: "r", name: "given", capturedAt: new Date("2025-11-06T10:00:05Z") },
    { runId: "r", approvalId: "one" },
    { runId: "s", approvalId: "two" },
  ]);
});

it("a half-written last line is left alone and said", async () => {
  const { documents, report } = await read({
    "logs/runs/r.ndjson": Buffer.concat([
      Buffer.from(lines(logLine(1))),
      Buffer.from('{"sequence":2,"message":"caf\u00e9').subarray(0, -1),
    ]),
  });
  expect(documents).toHaveLength(1);
  expect(report.logs.quarantined).toBe(0);
  expect(report.incomplete).toEqual({
    count: 1,
    cases: [{ file: "logs/runs/r.ndjson", line: 2, offset: lines(logLine(1)).length }],
  });
});

it("what cannot be read is quarantined with file, line, reason and detail, the rest comes", async () => {
  const { documents, report } = await read({
    "state/runs/empty.json": "",
    "state/runs/list.json": "[]",
    "logs/runs/r.ndjson": Buffer.concat([
      Buffer.from('{"secret":"hunter2"\n'),
      Buffer.from([0xff, 0x0a]),
      Buffer.from(lines(logLine(3, { big: "BIG" })).replace('"BIG"', "1e99999")),
      Buffer.from(lines(logLine(4))),
    ]),
    "state/approvals/r.json": [approval("one"), { approvalId: "two" }],
    "artifacts/r/artifact-manifest.json": "{}",
  });
  expect(documents).toHaveLength(2);
  const byFile = report.quarantine.sort((a, b) => (a.file + a.detail < b.file + b.detail ? -1 : 1));
  expect(byFile).toEqual([
    {
      file: "artifacts/r/artifact-manifest.json",
      reason: "form",
      detail: "it is not a manifest with a list of outputs",
    },
    {
      file: "logs/runs/r.ndjson",
      line: 3,
      reason: "number",
      detail: "it has a number that no BSON type holds without loss",
    },
    { file: "logs/runs/r.ndjson", line: 2, reason: "not-utf8", detail: "it is not valid UTF-8" },
    {
      file: "logs/runs/r.ndjson",
      line: 1,
      reason: "not-json",
      detail: "not valid JSON at position 19",
    },
    {
      file: "state/approvals/r.json",
      entry: 2,
      reason: "contract",
      detail: "requestedAt is missing; status is missing",
    },
    { file: "state/runs/empty.json", reason: "not-json", detail: "the file is empty" },
    { file: "state/runs/list.json", reason: "form", detail: "it is not an object" },
  ]);
  expect(report.logs).toMatchObject({ read: 3, quarantined: 3 });
});
