import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { MongoClient } from "mongodb";
import { expect, it, onTestFinished } from "vitest";
import { importState, verifyState } from "../../components/transfer";
import { generateSample } from "../../tools/sample";
import { startMongo } from "../../tools/parts";
import { defaultSides, endState, migrate } from "./database";
import { writeState } from "./state";

const minutes = 60_000;

it(
  "a server that is killed in the middle of an import and started again later makes no difference",
  async () => {
    const folder = await mkdtemp(join(tmpdir(), "restart-"));
    const directory = join(folder, "data");
    let server = await startMongo({ directory });
    const { port, pid } = server;
    const client = await new MongoClient(server.uri, { serverSelectionTimeoutMS: 500 }).connect();
    onTestFinished(async () => {
      await client.close();
      await server.stop();
      await rm(folder, { recursive: true });
    });
    const root = join(await writeState({}), "state");
    await generateSample(root, { runs: 8 });
    const undisturbed = client.db("undisturbed");
    const disturbed = client.db("disturbed");
    await migrate(undisturbed);
    await migrate(disturbed);
    const before = await importState(defaultSides(undisturbed, root));
    const expected = await endState(undisturbed);

    const written = () => disturbed.collection("pack_run_logs").estimatedDocumentCount();
    const restart = async () => {
      while ((await written()) === 0) await sleep(1);
      process.kill(pid, "SIGKILL");
      // Longer than the driver waits for a server.
      await sleep(1_000);
      server = await startMongo({ directory, port });
    };
    const restarted = restart();
    const report = await importState(defaultSides(disturbed, root));
    await restarted;
    expect({ ...report, elapsedMs: 0 }).toEqual({ ...before, elapsedMs: 0 });
    expect(report.elapsedMs).toBeGreaterThan(1_000);
    expect(await endState(disturbed)).toEqual(expected);
    expect(await verifyState(defaultSides(disturbed, root))).toMatchObject({ holds: true });
  },
  3 * minutes,
);
