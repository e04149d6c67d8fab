import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { exportState, importState, verifyState, compareForms } from "../../../components/transfer";
import { databasePerTest, defaultSides, sidesOf } from "../database";
import { run, writeState } from "../state";

const current = databasePerTest();
const { runs } = sidesOf(current);
const file = "state/runs/a.json";
const text = "2025-11-06T10:00:00.1234567+00:00";
const moment = new Date("2025-11-06T10:00:00.123Z");
const steps = run("a").steps.map((step) => ({ ...step, lastTransitionAt: text, note: text }));
const written = `${JSON.stringify(run("a", { steps }), undefined, 2)}\n`;

async function playService(fields: object): Promise<void> {
  const dates = { requestedAt: moment, createdAt: moment, updatedAt: moment };
  const documents = ["s-1", "s-2", "s-3"].map((_id) => {
    return { ...run(_id), ...dates, steps: steps.map((step) => ({ ...step, ...fields })), _id };
  });
  await runs().deleteMany({ _id: /^s-/ });
  await runs().insertMany(documents);
}

const stepOf = async (id: string) =>
  ((await runs().findOne({ _id: id }))?.steps as unknown[] | undefined)?.[0];

it("dates in steps are dates if the services write dates, and a round trip changes no byte", async () => {
  const sides = defaultSides(current.db, await writeState({ [file]: written }));
  await playService({ lastTransitionAt: moment });
  await importState(sides);
  expect(await stepOf("a")).toMatchObject({ lastTransitionAt: moment, note: text });
  expect((await compareForms(sides)).differences).toEqual([]);
  expect(await verifyState(sides)).toMatchObject({ runs: { equal: 1 } });
  expect(await importState(sides)).toMatchObject({ unchangedFiles: 1, runs: { unchanged: 1 } });
  await exportState({ ...sides, all: true });
  expect(await readFile(join(sides.root, file), "utf8")).toBe(written);
});

it("an import that comes before the services converts the steps again, and keeps what it decided", async () => {
  const sides = defaultSides(current.db, await writeState({ [file]: written }));
  await importState(sides);
  expect(await stepOf("a")).toMatchObject({ lastTransitionAt: text });
  await playService({ lastTransitionAt: moment });
  expect(await importState(sides)).toMatchObject({ runs: { updated: 1 } });
  expect(await stepOf("a")).toMatchObject({ lastTransitionAt: moment, note: text });
  await runs().deleteMany({ _id: /^s-/ });
  expect(await importState(sides)).toMatchObject({ runs: { unchanged: 1 } });
  expect(await stepOf("a")).toMatchObject({ lastTransitionAt: moment });
  await playService({});
  await importState(sides);
  expect(await stepOf("a")).toMatchObject({ lastTransitionAt: text });
});

it("dates in steps stay text if services write both", async () => {
  const sides = defaultSides(current.db, await writeState({ [file]: written }));
  await playService({ lastTransitionAt: moment });
  await runs().updateOne({ _id: "s-1" }, { $set: { "steps.0.lastTransitionAt": text } });
  await importState(sides);
  expect(await stepOf("a")).toMatchObject({ lastTransitionAt: text });
});
