import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { collections } from "../../components/contract";
import { generateSample, SampleError, type SampleCounts } from "../../tools/sample";
import type { SampleForm } from "../../tools/sample/style";
import { stepStatuses } from "../../tools/sample/state";
import { stepKinds } from "../../tools/sample/plan";

type Json = Record<string, unknown>;

let folder: string;
let root: string;
let counts: SampleCounts;
let texts: Map<string, string>;

/** Writes a sample in one of its forms before some tests. */
function generate(form: SampleForm): void {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "sample-"));
    root = join(folder, "taskrunner");
    counts = await generateSample(root, { form });
    texts = await textsBelow(root);
  });
  afterAll(() => rm(folder, { recursive: true }));
}

async function textsBelow(directory: string): Promise<Map<string, string>> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const paths = files.map((file) => join(file.parentPath, file.name)).sort();
  const read = paths.map(async (path) => {
    return [path.slice(directory.length + 1), await readFile(path, "utf8")] as const;
  });
  return new Map(await Promise.all(read));
}

function hashOf(tree: ReadonlyMap<string, string>): string {
  return createHash("sha256")
    .update(JSON.stringify([...tree]))
    .digest("hex");
}

/** The JSON values of the files whose path has this form, a log's lines one by one. */
function valuesIn(path: RegExp): Json[] {
  return [...texts]
    .filter(([name]) => path.test(name))
    .flatMap(([name, text]) => {
      const json = text.replace(/^\uFEFF/, "");
      const parts = name.endsWith(".ndjson") ? json.trimEnd().split(/\r?\n/) : [json];
      return parts.map((part) => JSON.parse(part) as Json);
    });
}

const runs = () => valuesIn(/^state\/runs\/[^.].*\.json$/);
const steps = () => runs().flatMap((run) => run.steps as Json[]);
const logs = () => valuesIn(/^logs\/runs\/.*\.ndjson$/);
const manifests = () => valuesIn(/^artifacts\/.*\/artifact-manifest\.json$/);
const artifacts = () => manifests().flatMap((manifest) => manifest.outputs as Json[]);
const approvals = () => valuesIn(/^state\/approvals\/.*\.json$/).flatMap((list) => list as never);

/** Every name of an enumeration that the records use, an integer being a place among the names. */
function namesUsed(records: readonly Json[], field: string, names: readonly string[]) {
  const used = records.map((record) => record[field]);
  return new Set(used.map((value) => (typeof value === "number" ? names[value] : value)));
}

/** The ways in which records have an optional field. */
function waysOf(records: readonly Json[], field: string) {
  const ways = records.map((record) =>
    field in record ? (record[field] === null ? "null" : "present") : "absent",
  );
  return [...new Set(ways)].sort();
}

describe.each(["integers", "names"] as const)("the sample with %s", (form) => {
  generate(form);

  it("is the same for the same seed, to the byte, and another one for another seed", async () => {
    const again = join(folder, "again");
    const other = join(folder, "other");
    await generateSample(again, { form });
    await generateSample(other, { form, seed: 7 });
    expect(hashOf(await textsBelow(again))).toBe(hashOf(texts));
    expect(hashOf(await textsBelow(other))).not.toBe(hashOf(texts));
  });

  it("holds as many records as it says: 300 runs and some 30,000 log lines", () => {
    expect(counts).toEqual({
      runs: runs().length,
      logs: logs().length,
      artifacts: artifacts().length,
      approvals: approvals().length,
    });
    expect(counts.runs).toBe(300);
    expect(Math.abs(counts.logs - 30_000)).toBeLessThan(3_000);
  });

  it("has every name of every enumeration of the contract", () => {
    const found = artifacts();
    const enumerated = [
      [logs(), "level", collections.logs],
      [found, "status", collections.artifacts],
      [approvals(), "status", collections.approvals],
    ] as const;
    for (const [records, field, collection] of enumerated) {
      const names = collection.fields[field]?.names ?? [];
      const others = form === "integers" && records === found ? ["missing"] : [];
      const used = [...namesUsed(records, field, names)].map((name) => String(name).toLowerCase());
      expect(new Set(used)).toEqual(new Set([...names, ...others]));
    }
    const types = ["file", "object", "attestation", "evidence-locker"];
    expect(namesUsed(artifacts(), "type", [])).toEqual(new Set(types));
  });

  it("has every kind and status of step, and ids of children of groups", () => {
    expect(namesUsed(steps(), "kind", stepKinds)).toEqual(new Set(stepKinds));
    expect(namesUsed(steps(), "status", stepStatuses)).toEqual(new Set(stepStatuses));
    expect(steps().map(({ stepId }) => stepId)).toContain("fetch[1]::download");
  });

  it.each([
    ["runs", runs, ["tenantId"]],
    [
      "steps",
      steps,
      [
        "maxParallel",
        "approvalId",
        "gateMessage",
        "lastTransitionAt",
        "nextAttemptAt",
        "statusReason",
      ],
    ],
    ["logs", logs, ["stepId", "metadata"]],
    ["artifacts", artifacts, ["sourcePath", "storedPath", "notes", "capturedAt"]],
    ["approvals", approvals, ["reasonTemplate", "actorId", "completedAt", "summary"]],
  ] as const)("has the optional fields of %s absent, null and present", (_, records, fields) => {
    for (const field of fields) {
      expect([field, waysOf(records(), field)]).toEqual([field, ["absent", "null", "present"]]);
    }
  });

  it("has every required field of the contract in every record", () => {
    const given: Record<string, string> = { _id: "runId", runId: "", capturedAt: "" };
    if (form === "integers") given.sequence = "";
    const byRole = { runs, logs, artifacts, approvals };
    for (const [role, collection] of Object.entries(collections)) {
      const required = Object.entries(collection.fields)
        .filter(([, field]) => !field.optional && field.type !== "objectId")
        .map(([name]) => given[name] ?? name)
        .filter((name) => name !== "");
      const records = byRole[role as keyof typeof byRole]();
      const missing = required.filter((name) => records.some((record) => record[name] == null));
      expect([role, missing]).toEqual([role, []]);
    }
    expect(manifests().every(({ uploadedAt }) => typeof uploadedAt === "string")).toBe(true);
  });

  it("numbers the lines of each log from 1 without a gap or not at all, later ones later", () => {
    const logFiles = [...texts.keys()].filter((name) => name.endsWith(".ndjson"));
    expect(logFiles).toHaveLength(300);
    for (const name of logFiles) {
      const lines = valuesIn(new RegExp(`^${name}$`));
      expect(lines.map(({ sequence }) => sequence)).toEqual(
        lines.map((_, at) => (form === "names" ? at + 1 : undefined)),
      );
      const moments = lines.map(({ timestamp }) => String(timestamp).replace(/Z|\+00:00$/, ""));
      expect(moments).toEqual([...moments].sort());
    }
  });

  it("is written in the forms of a .NET writer", () => {
    const all = [...texts.values()];
    expect(all.some((text) => /T\d\d:\d\d:\d\d\.\d{7}\+00:00"/.test(text))).toBe(true);
    expect(all.some((text) => /T\d\d:\d\d:\d\d\.\d{7}Z"/.test(text))).toBe(true);
    expect(all.some((text) => text.startsWith("\uFEFF{") && text.includes("\r\n"))).toBe(true);
    expect(all.some((text) => text.includes("\\u2013"))).toBe(true);
    const integers = steps().filter(({ kind, status }) => [kind, status].every(Number.isInteger));
    expect(integers.length).toBeGreaterThan(0);
    expect(integers.length === steps().length).toBe(form === "integers");
    expect(logs().some(({ level }) => typeof level === "number")).toBe(true);
  });

  it("writes ids that a file name cannot hold with _, and no two alike", () => {
    const ids = runs().map(({ runId }) => String(runId));
    expect(new Set(ids).size).toBe(300);
    const slashed = ids.filter((id) => id.includes("/"));
    expect(slashed.length).toBeGreaterThan(10);
    for (const id of slashed) {
      expect(texts.has(`logs/runs/${id.replaceAll("/", "_")}.ndjson`)).toBe(true);
    }
  });

  it("has a job for each run that no worker has begun, and no other", () => {
    const isBegun = ({ steps }: Json) => (steps as Json[]).some(({ attempts }) => attempts !== 0);
    const waiting = runs().filter((run) => !isBegun(run));
    const jobs = valuesIn(/^queue\//);
    expect(jobs.length).toBeGreaterThan(10);
    const planned = (records: Json[]) => records.map(({ runId, plan }) => ({ runId, plan }));
    expect(planned(jobs)).toEqual(planned(waiting));
  });
});

describe("writing a sample", () => {
  generate("integers");

  it("refuses a folder that is there, and leaves it and nothing else", async () => {
    const before = await readdir(folder);
    await expect(generateSample(root)).rejects.toThrow(SampleError);
    expect(await readdir(folder)).toEqual(before);
    expect(hashOf(await textsBelow(root))).toBe(hashOf(texts));
  });

  it("makes as many runs as asked for, in a folder of a folder", async () => {
    const small = join(folder, "deep", "small");
    expect(await generateSample(small, { runs: 5 })).toMatchObject({ runs: 5 });
    expect(await readdir(join(small, "state/runs"))).toHaveLength(5 + 2);
    expect(await readdir(join(folder, "deep"))).toEqual(["small"]);
  });
});
