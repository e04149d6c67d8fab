import { readFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import type { Db, Document } from "mongodb";
import { expect, it } from "vitest";
import { importState, exportState } from "../../components/transfer";
import { readDocuments } from "../../components/transfer/documents";
import { documentIn } from "../../components/transfer/exact-types";
import { formatJson } from "../../components/state";
import { isJsonObject, membersOf, parseJson } from "../../components/state/json";
import { collectionRoles } from "../../components/contract";
import { documentOptions } from "../contract/options";
import { serverForTests } from "../server";
import { exportCounts } from "./counts";
import { defaultSides } from "./database";
import { addFiles, approval, artifact, logLine, run } from "./state";

const current = serverForTests();
let count = 0;

/** Fails if most of the states are quarantined, and so prove nothing. */
const skips = { maxSkipsPerRun: 1 };

/** A JSON value as text: numbers, keys and strings that get lost easily. */
const scalar = fc.oneof(
  fc.string({ unit: "grapheme" }).map((text) => JSON.stringify(text)),
  fc.constantFrom("1", "1.0", "-0.0", "9007199254740993", "0.1234567890123456789", "1e400"),
  fc.constantFrom('"2025-11-06T10:00:00.1234567Z"', "1e21", "5e-324", "null", "true", '"\\u0000"'),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => JSON.stringify(number)),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
);
const name = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.nat(30).map(String),
  fc.constantFrom("__proto__", "$set", "a.b", "constructor", "toJSON", "runId"),
);
const object = (value: fc.Arbitrary<string>) =>
  fc
    .uniqueArray(fc.tuple(name, value), { maxLength: 4, selector: ([key]) => key })
    .map((members) => `{${members.map(([key, v]) => `${JSON.stringify(key)}:${v}`).join(",")}}`);
const { value } = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    scalar,
    fc.array(tie("value"), { maxLength: 3 }).map((items) => `[${items.join(",")}]`),
    object(tie("value")),
  ),
}));
const anObject = object(value);

const stateOf = fc
  .record({
    plan: anObject,
    failurePolicy: anObject,
    later: value,
    noted: value,
    metadata: anObject,
    more: fc.array(value, { maxLength: 3 }),
    runId: fc.constantFrom("r-1", "nightly/build", "a:b", "C\\d", "ünï"),
  })
  .map(({ plan, failurePolicy, later, noted, metadata, more, runId }) => {
    const withTexts = (fields: object, texts: Record<string, string>) =>
      JSON.stringify({
        ...fields,
        ...Object.fromEntries(Object.keys(texts).map((k) => [k, 0])),
      }).replace(/"(plan|failurePolicy|later|metadata)":0/g, (_all, key: string) =>
        [`"${key}":`, texts[key] ?? ""].join(""),
      );
    const stem = runId.replaceAll("/", "_");
    const log = [metadata, "null", "{}"].map((text, at) =>
      withTexts(logLine(at + 1), { metadata: text, later: more[at] ?? "0" }),
    );
    return {
      runId,
      files: {
        [`state/runs/${stem}.json`]: withTexts(run(runId), { plan, failurePolicy, later }),
        [`state/approvals/${stem}.json`]: `[${withTexts(approval("gate"), { later: noted })}]`,
        [`logs/runs/${stem}.ndjson`]: log.map((line) => `${line}\n`).join(""),
        [`artifacts/${stem}/artifact-manifest.json`]: `{"outputs":[${withTexts(artifact("a"), { later })}]}`,
      },
    };
  });

async function documents(database: Db): Promise<Document[]> {
  const sides = defaultSides(database, "");
  const all = collectionRoles.map((role) => readDocuments(sides, role, {}, documentIn));
  return (await Promise.all(all)).flat();
}

const memberText = (whole: unknown, key: string) =>
  formatJson(
    (isJsonObject(whole) && membersOf(whole).find(([member]) => member === key)?.[1]) ?? null,
  );

it("files -> import -> export -> import: equal documents, and the same plan to the last digit", async () => {
  await fc.assert(
    fc.asyncProperty(stateOf, async ({ files }) => {
      const number = ++count;
      const from = join(current.folder, `from-${number}`);
      const to = join(current.folder, `to-${number}`);
      await addFiles(from, files);
      const one = current.client.db(`one_${number}`);
      const two = current.client.db(`two_${number}`);
      const imported = await importState(defaultSides(one, from));
      expect(await exportState(defaultSides(one, to))).toMatchObject({
        conflicts: { count: 0 },
        unwritable: { count: 0 },
      });
      fc.pre(imported.quarantine.length < 4);
      await importState(defaultSides(two, to));
      expect(await documents(two)).toEqual(await documents(one));
      const name = Object.keys(files).find((file) => file.startsWith("state/runs")) ?? "";
      fc.pre(imported.runs.quarantined === 0);
      const [before, after] = await Promise.all(
        [from, to].map(async (root) => parseJson(await readFile(join(root, name), "utf8"))),
      );
      for (const key of ["plan", "failurePolicy", "later"]) {
        expect(memberText(after, key)).toBe(memberText(before, key));
      }
    }),
    { numRuns: 60, ...skips },
  );
}, 120_000);

it("changes only in MongoDB come to the files, and both sides are equal afterwards", async () => {
  await fc.assert(
    fc.asyncProperty(stateOf, stateOf, async ({ files, runId }, other) => {
      const number = ++count;
      const root = join(current.folder, `root-${number}`);
      const elsewhere = join(current.folder, `else-${number}`);
      const database = current.client.db(`changed_${number}`);
      const scratch = current.client.db(`scratch_${number}`);
      await addFiles(root, files);
      fc.pre((await importState(defaultSides(database, root))).quarantine.length === 0);
      const theirs = Object.entries(other.files).map(([file, text]) => {
        const [own, their] = [runId, other.runId].map((id) => id.replaceAll("/", "_"));
        const renamed = file.replace(their ?? "", () => own ?? "");
        return [renamed, text.replace(JSON.stringify(other.runId), () => JSON.stringify(runId))];
      });
      await addFiles(elsewhere, Object.fromEntries(theirs) as Record<string, string>);
      fc.pre((await importState(defaultSides(scratch, elsewhere))).quarantine.length === 0);
      for (const role of ["runs", "artifacts", "approvals"] as const) {
        const collection = database.collection(documentOptions.collections[role]);
        await collection.deleteMany({});
        const found = await readDocuments(defaultSides(scratch, ""), role, {}, documentIn);
        for (const document of found) await collection.insertOne(document);
      }
      expect(await exportState(defaultSides(database, root))).toMatchObject({
        conflicts: { count: 0 },
        unwritable: { count: 0 },
      });
      expect(await exportState({ ...defaultSides(database, root), all: true })).toMatchObject({
        files: 0,
        runs: exportCounts(1, { unchanged: 1 }),
        artifacts: exportCounts(1, { unchanged: 1 }),
        approvals: exportCounts(1, { unchanged: 1 }),
        logs: exportCounts(0, {}),
      });
    }),
    { numRuns: 40, ...skips },
  );
}, 120_000);
