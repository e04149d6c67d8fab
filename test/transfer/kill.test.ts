import { join } from "node:path";
import { type Db, MongoClient } from "mongodb";
import { afterAll, beforeAll, expect, it } from "vitest";
import { defaultFolders, collectionRoles } from "../../components/contract";
import { importState, verifyState } from "../../components/transfer";
import type { RunCheckpoints } from "../../components/transfer/checkpoints";
import { groupsOnDisk, workOn } from "../../components/transfer/disk";
import { Tally } from "../../components/transfer/tally";
import { generateSample } from "../../tools/sample";
import { bundled } from "../bundled";
import { documentOptions } from "../contract/options";
import { databasePerTest, defaultSides, endState, migrate } from "./database";
import { writeState } from "./state";
import { killedAfter, kills, randomNumbers } from "./killed";

const minutes = 60_000;

const current = databasePerTest();
let client: MongoClient;
beforeAll(async () => {
  client = await new MongoClient(current.server.uri).connect();
});
afterAll(() => client.close());

/** How many documents no checkpoint counts: the next import takes them once more. */
async function repeatedNext(database: Db): Promise<number> {
  const names = Object.values(documentOptions.collections);
  const documents = await Promise.all(
    names.map((name) => database.collection(name).countDocuments()),
  );
  const runs = database.collection<RunCheckpoints & { _id: string }>("pack_run_backfill");
  const checkpoints = await runs.find({ _id: /^run:/ }).toArray();
  const counted = checkpoints.flatMap((files) =>
    collectionRoles.flatMap((role) => files[role] ?? []),
  );
  const sum = (counts: readonly number[]) => counts.reduce((all, count) => all + count, 0);
  return sum(documents) - sum(counted.map(({ records }) => records));
}

/** How many records the largest batch of an import of a state directory has. */
async function largestBatch(root: string): Promise<number> {
  let largest = 0;
  const address = { root, folders: defaultFolders };
  const groups = groupsOnDisk({ address, tally: new Tally(), from: "start" });
  await workOn(groups, ({ records }) => {
    largest = Math.max(largest, records.length);
    return Promise.resolve();
  });
  return largest;
}

it(
  `an import that is killed at ${kills} random moments repeats the batches at work at most and ends as one in peace`,
  async () => {
    const root = join(await writeState({}), "state");
    await generateSample(root, { runs: 30 });
    const began = Date.now();
    await importState(defaultSides(current.db, root));
    const duration = Date.now() - began;
    const undisturbed = await endState(current.db);
    expect(await repeatedNext(current.db)).toBe(0);
    const largest = await largestBatch(root);

    const program = await bundled("test/transfer/state-process.ts", await writeState({}));
    const random = randomNumbers();
    const repeated: number[] = [];
    for (let round = 1; repeated.length < kills; round += 1) {
      const database = client.db(`killed_${round}`);
      await migrate(database);
      const after = () => random.next().value * duration * 0.6;
      const { uri } = current.server;
      const { databaseName } = database;
      const task = { does: "import", ...defaultSides(database, root), uri, database: databaseName };
      while (await killedAfter(program, task, after())) {
        repeated.push(await repeatedNext(database));
      }
      expect(await endState(database)).toEqual(undisturbed);
      expect(await verifyState(defaultSides(database, root))).toMatchObject({ holds: true });
    }
    // Four batches are at work at the same time.
    expect(Math.max(...repeated)).toBeLessThanOrEqual(4 * largest);
    // Else the kills came too early or too late to prove anything.
    expect(repeated.filter((count) => count > 0).length).toBeGreaterThan(kills / 10);
  },
  20 * minutes,
);
