import { cp } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Document } from "mongodb";
import { expect, it } from "vitest";
import { importState, exportState } from "../../components/transfer";
import { generateSample } from "../../tools/sample";
import { bundled } from "../bundled";
import { databasePerTest, defaultSides } from "./database";
import { entry, filesIn, writeState } from "./state";
import { killedAfter, kills, randomNumbers } from "./killed";

const minutes = 60_000;
const current = databasePerTest();

type Files = Readonly<Record<string, string>>;
const isHidden = (name: string) => basename(name).startsWith(".");

/** The files that services see. */
const visible = (files: Files) =>
  Object.fromEntries(Object.entries(files).filter(([name]) => !isHidden(name)));

/** What services change in MongoDB: a log goes on, runs advance, a run is new. */
async function changeDocuments(): Promise<void> {
  const { db: database } = current;
  const runs = database.collection<Document & { _id: string }>("pack_runs");
  await runs.updateMany({}, { $set: { planHash: "sha256:later" } });
  const [first] = await runs.find().sort({ _id: 1 }).toArray();
  const runId = first?._id ?? "";
  await runs.insertOne({ ...first, _id: "new" });
  const entries = Array.from({ length: 300 }, (_, at) => entry(runId, 10_000 + at));
  await database.collection("pack_run_logs").insertMany([...entries, entry("new", 1)]);
}

it(
  `of an export that is killed at ${kills / 2} random moments no half-written file is ever seen`,
  async () => {
    const { db: database, server } = current;
    const before = join(await writeState({}), "state");
    await generateSample(before, { runs: 12 });
    await importState(defaultSides(database, before));
    await changeDocuments();
    const own = database.collection("pack_run_backfill");
    const bases = await own.find().toArray();
    const agreeAsBefore = async () => {
      await own.deleteMany({});
      await own.insertMany(bases);
    };
    const rootWith = async (starts: "empty" | "imported") => {
      await agreeAsBefore();
      const root = await writeState({});
      if (starts === "imported") await cp(before, root, { recursive: true });
      return root;
    };

    const program = await bundled("test/transfer/state-process.ts", await writeState({}));
    const random = randomNumbers();
    for (const starts of ["empty", "imported"] as const) {
      const peaceful = await rootWith(starts);
      const earlier = await filesIn(peaceful);
      const began = Date.now();
      await exportState(defaultSides(database, peaceful));
      const duration = Date.now() - began;
      const expected = await filesIn(peaceful);

      let root = await rootWith(starts);
      const connection = { uri: server.uri, database: database.databaseName };
      for (let killed = 0; killed < kills / 4;) {
        const task = { does: "export", ...defaultSides(database, root), ...connection };
        // An export looks at all runs again, so that it needs its time to come further.
        const inTime = await killedAfter(program, task, random.next().value * duration);
        for (const [name, text] of Object.entries(visible(await filesIn(root)))) {
          expect([earlier[name], expected[name]], name).toContain(text);
        }
        // One that has ended leaves nothing that the next could be killed at.
        if (inTime) killed += 1;
        else root = await rootWith(starts);
      }
      await exportState(defaultSides(database, root));
      expect(visible(await filesIn(root))).toEqual(visible(expected));
    }
  },
  10 * minutes,
);
