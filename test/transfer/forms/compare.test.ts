import { Double, Int32, Long, ObjectId, UUID } from "mongodb";
import { expect, it } from "vitest";
import type { CollectionRole } from "../../../components/contract";
import {
  type Sample,
  findFormDifferences,
  hashForms,
} from "../../../components/transfer/forms/compare";

const samplesOf = (documents: readonly object[]): Sample[] =>
  documents.map((document, at) => ({ id: `d-${at}`, document }));

const differences = (
  imported: readonly object[],
  services: readonly object[],
  role: CollectionRole = "runs",
) => findFormDifferences(role, samplesOf(imported), samplesOf(services));

const thrice = (document: object) => [document, document, document];
const step = (members: object) => ({ steps: [{ stepId: "a", ...members }] });
const moment = new Date("2025-11-07T00:00:00Z");

it.each<[string, object, object, string, string]>([
  ["a date", { updatedAt: moment }, { updatedAt: "2025-11-07" }, "updatedAt", "string"],
  ["a step's date", step({ at: "2025-11-07" }), step({ at: moment }), "steps[].at", "date"],
  ["a step's integer", step({ status: 2 }), step({ status: "Failed" }), "steps[].status", "string"],
  ["a step's case", step({ kind: "Run" }), step({ kind: "run" }), "steps[].kind", "string"],
  ["a list", { tags: "a" }, { tags: ["a"] }, "tags", "array"],
  ["an id", { _id: new ObjectId() }, { _id: "a" }, "_id", "string"],
])("names %s of which the services write another form", (_what, ours, theirs, path, form) => {
  const found = differences([ours], thrice(theirs));
  expect(found.map((one) => one.path)).toEqual([path]);
  expect(found[0]?.services[0]).toMatchObject({ count: 3, example: "d-0" });
  expect(found[0]?.services[0]?.form).toContain(form);
});

it.each<[string, CollectionRole, string, string]>([
  ["a level", "logs", "level", "Warn"],
  ["an artifact's status", "artifacts", "status", "Pending"],
  ["an approval's status", "approvals", "status", "PENDING"],
])("names %s of which the services write another case", (_what, role, path, written) => {
  expect(differences([{ [path]: "pending" }], thrice({ [path]: written }), role)).toHaveLength(1);
  expect(differences([{ [path]: written }], thrice({ [path]: written }), role)).toEqual([]);
  // Of any other text the case says nothing.
  expect(differences([{ message: "pending" }], thrice({ message: written }), role)).toEqual([]);
});

it.each<[string, object, readonly object[]]>([
  [
    "a number of another type",
    { n: 1 },
    [{ n: new Int32(1) }, { n: Long.ONE }, { n: new Double(0.5) }],
  ],
  ["null", { at: "a" }, thrice({ at: null })],
  ["an absent field", { at: "a" }, thrice({})],
  ["a field of its own", { at: "a" }, thrice({ other: moment })],
  ["two documents with another form", { at: "a" }, thrice({ at: 1 }).slice(1)],
  ["our form in one of many documents", { at: "a" }, [...thrice({ at: 1 }), { at: "b" }]],
  ["lists of two lengths", { list: ["a"] }, thrice({ list: [] })],
  ["a plan", { plan: { at: "a" } }, thrice({ plan: { at: 1 } })],
  ["a failure policy", { failurePolicy: { at: "a" } }, thrice({ failurePolicy: { at: 1 } })],
  ["metadata", { metadata: { at: "a" } }, thrice({ metadata: 1 })],
])("is silent about services that write %s", (_what, ours, theirs) => {
  expect(differences([ours], theirs)).toEqual([]);
});

it("names a member that the services write in another case", () => {
  const found = differences(
    [step({ status: "Pending" })],
    thrice({ steps: [{ Status: "Failed" }] }),
  );
  expect(found).toMatchObject([
    { path: "steps[].status", imported: { count: 1 }, services: [{ count: 3, example: "d-0" }] },
  ]);
  expect(found[0]?.services[0]?.form).toContain("steps[].Status");
  const both = thrice({ steps: [{ Status: "Failed" }, { status: "Failed" }] });
  expect(differences([step({ status: "Pending" })], both)).toEqual([]);
  expect(differences([{ at: "a" }], thrice({ At: "a" }).slice(1))).toEqual([]);
});

it.each<[string, object, CollectionRole, string]>([
  ["a member of its own", { correlationId: new UUID() }, "runs", "correlationId"],
  ["a member of a step", step({ id: new ObjectId() }), "runs", "steps[].id"],
  ["a number", { cost: new Double(NaN) }, "runs", "cost"],
  ["a date", { at: new Date(-1e14) }, "artifacts", "at"],
])("names a value that a rollback cannot write: %s", (_what, theirs, role, path) => {
  const found = differences([{ planHash: "a" }], thrice(theirs), role);
  expect(found).toMatchObject([
    { path, imported: { form: "absent", count: 0 }, services: [{ count: 3, example: "d-0" }] },
  ]);
  expect(differences([], thrice(theirs).slice(1), role)).toEqual([]);
});

it("is silent about a generated id, which no file has", () => {
  expect(differences([], thrice({ _id: new ObjectId() }), "logs")).toEqual([]);
  expect(differences([], thrice({ _id: new ObjectId() }), "runs")).toHaveLength(1);
});

it("counts a path once in a document, however long its lists are", () => {
  const long = { steps: [{ at: moment }, { at: moment }, { at: moment }] };
  expect(differences([step({ at: "a" })], [long, long])).toEqual([]);
  expect(differences([step({ at: "a" })], [long, long, long])).toMatchObject([
    { path: "steps[].at", imported: { count: 1 }, services: [{ count: 3 }] },
  ]);
});

it("leaves out what a service did not change of an imported document", () => {
  const written = { updatedAt: "a", steps: [{ status: "Pending", at: "a" }, { at: "b" }] };
  const changed = { updatedAt: "b", steps: [{ status: "Running", at: "a" }, { at: moment }] };
  const services = thrice(changed).map((document) => ({ id: "d", document, written }));
  const found = findFormDifferences("runs", samplesOf([written]), services);
  expect(found.map(({ path, services: forms }) => [path, forms])).toEqual([
    ["steps[].at", [{ form: "date", count: 3, example: "d" }]],
  ]);
});

it("gives one hash for the same differences, whatever their numbers and examples", () => {
  const some = differences([step({ at: "a" })], thrice(step({ at: moment })));
  const more = differences(
    [...thrice(step({ at: "c" }))],
    [...thrice(step({ at: moment })), step({ at: moment })],
  );
  const other = differences([step({ at: "a" })], thrice(step({ at: 1 })));
  expect(hashForms(some)).toMatch(/^[0-9a-f]{16}$/);
  expect(hashForms(more)).toBe(hashForms(some));
  expect(hashForms(other)).not.toBe(hashForms(some));
});
