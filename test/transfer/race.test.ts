import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import type { Db } from "mongodb";
import { expect, it } from "vitest";
import { type Report, importState, verifyState } from "../../components/transfer";
import { collectionRoles } from "../../components/contract";
import { generateSample } from "../../tools/sample";
import { databasePerTest, defaultSides, endState, migrate } from "./database";
import { addFiles, approval, lines, logLine, run, writeState } from "./state";
import { bundledCommands } from "../cli/bundled";

const current = databasePerTest();
const minutes = 60_000;
const bin = bundledCommands();

/** Importers of everything, by their numbers. */
const importers = [1, 2, 3];

/** Imports a state directory by several processes at once. */
async function race({ databaseName }: Db, root: string): Promise<Report<"import">[]> {
  const env = { TASKRUNNER_MONGO_URI: `${current.server.uri}/${databaseName}` };
  const options = { env, cwd: await writeState({}) };
  const running = importers.map(() =>
    execa("node", [bin, "import", "--state", root, "--json", "--quiet"], options),
  );
  return (await Promise.all(running)).map(({ stdout }) => JSON.parse(stdout) as Report<"import">);
}

const total = (report: Report<"import">, count: "inserted" | "quarantined") =>
  collectionRoles.reduce((sum, role) => sum + report[role][count], 0);

/** Files that the services changed after a first import: a run, a log, decisions. */
async function change(root: string): Promise<void> {
  await addFiles(root, {
    "state/runs/own.json": run("own", { planHash: "sha256:2" }),
    "state/approvals/own.json": [approval("a", { status: "approved" }), approval("b")],
  });
  const later = Array.from({ length: 1_500 }, (_, at) => logLine(at + 2));
  await appendFile(join(root, "logs/runs/own.ndjson"), lines(...later));
}

it(
  `${importers.length} importers of the same files at once end in the state of one`,
  async () => {
    const root = join(await writeState({}), "state");
    await generateSample(root, { runs: 20 });
    await addFiles(root, {
      "state/runs/own.json": run("own"),
      "state/approvals/own.json": [approval("a"), approval("b")],
      "logs/runs/own.ndjson": [logLine(1)],
    });
    const { db: database } = current;
    const alone = database.client.db(`${database.databaseName}_alone`);
    await migrate(alone);

    for (const before of [() => Promise.resolve(), () => change(root)]) {
      await before();
      const expected = await importState(defaultSides(alone, root));
      const reports = await race(database, root);
      expect(await endState(database)).toEqual(await endState(alone));
      expect(await verifyState(defaultSides(database, root))).toMatchObject({ holds: true });
      const inserted = reports.map((report) => total(report, "inserted"));
      expect(inserted.reduce((sum, count) => sum + count)).toBe(total(expected, "inserted"));
      expect(reports.map((report) => total(report, "quarantined"))).toEqual(importers.map(() => 0));
    }
  },
  5 * minutes,
);
