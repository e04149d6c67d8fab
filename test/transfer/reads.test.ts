import type { CommandStartedEvent, Db, Document } from "mongodb";
import { afterAll, expect, it } from "vitest";
import { closeConnections, databaseAt } from "../../components/mongo";
import { exportState, importState, verifyState } from "../../components/transfer";
import { databasePerTest, defaultSides } from "./database";
import { entry, twoRuns, writeState } from "./state";

const current = databasePerTest();
afterAll(closeConnections);

/** The commands of these names that work on the test's database sends, whatever its connection string says. */
async function commandsOf(
  names: readonly string[],
  work: (database: Db) => Promise<unknown>,
): Promise<Document[]> {
  const { server, db: made } = current;
  const uri = `${server.uri.replace(/\/?$/, "/")}?monitorCommands=true&readConcernLevel=local`;
  const database = await databaseAt({ uri, database: made.databaseName });
  const asked: Document[] = [];
  const note = ({ commandName, command }: CommandStartedEvent) => {
    if (names.includes(commandName)) asked.push(command);
  };
  database.client.on("commandStarted", note);
  await work(database);
  database.client.off("commandStarted", note);
  return asked;
}

/** What an import, a verification and an export ask MongoDB for. */
async function reads(): Promise<Document[]> {
  const asked = await commandsOf(["find", "aggregate"], async (database) => {
    const sides = defaultSides(database, await writeState(twoRuns));
    await importState(sides);
    await verifyState(sides);
    await exportState({ ...sides, all: true });
  });
  expect(asked.some((command) => "find" in command)).toBe(true);
  expect(asked.some((command) => "aggregate" in command)).toBe(true);
  return asked;
}

it("reads what a majority has", async () => {
  const others = (await reads()).filter(
    ({ readConcern }) => (readConcern as Document | undefined)?.level !== "majority",
  );
  expect(others).toEqual([]);
});

// The embedded server explains no plan: that MongoDB skips from run to run is in its source.
it("asks for no type, for which MongoDB would look into each document", async () => {
  expect(JSON.stringify(await reads())).not.toContain("$type");
});

it.each([
  ["small", 100, 1_000],
  ["large", 2 * 1024 * 1024, 2],
])("a page behind %s documents is asked to have at most 4 MiB", async (_what, length, limit) => {
  const message = "x".repeat(length);
  const log = Array.from({ length: 7 }, (_, at) => entry("r", at + 1, { message }));
  await current.db.collection("pack_run_logs").insertMany(log);
  const root = await writeState({});

  const asked = await commandsOf(["find"], (database) => exportState(defaultSides(database, root)));
  const ofLog = asked.filter(({ find }) => find === "pack_run_logs");
  const [first, ...later] = ofLog.map((command) => command.limit as unknown);
  expect(first).toBe(4);
  expect(new Set(later)).toEqual(new Set([limit]));
});
