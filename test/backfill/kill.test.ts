import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { MongoClient } from "mongodb";
import { afterAll, beforeAll, expect, it } from "vitest";
import { importState, verifyState } from "../../components/backfill";
import { generateSample } from "../../sample";
import { databasePerTest, endState, migrate } from "./database";
import { sidesOf } from "./database-sides";
import { stateRoot } from "./state";

const kills = 50;
const minutes = 60_000;
const seed = 20251106;

const current = databasePerTest();
let client: MongoClient;
beforeAll(async () => {
  client = await new MongoClient(current.server.uri).connect();
});
afterAll(() => client.close());

/** Numbers between 0 and 1 that are the same in every run of the test. */
function* randomNumbers(): Generator<number, never> {
  for (let state = seed; ;) {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    yield state / 2 ** 31;
  }
}

/** Starts an import as a process and kills it so long after it began; whether it was in time. */
async function killedImport(database: string, root: string, afterMs: number): Promise<boolean> {
  const sides = { ...sidesOf(current.database, root), uri: current.server.uri, database };
  const program = ["--import", "tsx", "test/backfill/import-process.ts", JSON.stringify(sides)];
  const importing = spawn(process.execPath, program, { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(importing, "exit");
  await Promise.race([once(importing.stdout, "data"), ended]);
  setTimeout(() => importing.kill("SIGKILL"), afterMs);
  const [code, signal] = (await ended) as [number | null, string | null];
  if (signal === null) expect(code).toBe(0);
  return signal === "SIGKILL";
}

it(
  `an import that is killed at ${kills} random moments ends as one that was left in peace`,
  async () => {
    const root = join(await stateRoot({}), "state");
    await generateSample(root, { runs: 60 });
    const began = Date.now();
    await importState(sidesOf(current.database, root));
    const duration = Date.now() - began;
    const undisturbed = await endState(current.database);

    const random = randomNumbers();
    let killed = 0;
    for (let round = 1; killed < kills; round += 1) {
      const database = client.db(`killed_${round}`);
      await migrate(database);
      const after = () => random.next().value * duration * 0.6;
      while (await killedImport(database.databaseName, root, after())) killed += 1;
      expect(await endState(database)).toEqual(undisturbed);
      expect(await verifyState(sidesOf(database, root))).toMatchObject({ holds: true });
    }
  },
  10 * minutes,
);
