import type { CommandStartedEvent, Document } from "mongodb";
import { afterAll, expect, it } from "vitest";
import { closeConnections, databaseAt } from "../../components/mongo";
import { exportState, importState, verifyState } from "../../components/transfer";
import { databasePerTest, twoRuns } from "./database";
import { sidesOf } from "./export-sides";
import { stateRoot } from "./state";

const current = databasePerTest();
afterAll(closeConnections);

/** What an import, a verification and an export ask MongoDB for, whatever their connection string says. */
async function reads(): Promise<Document[]> {
  const { server, database: made } = current;
  const uri = `${server.uri.replace(/\/?$/, "/")}?monitorCommands=true&readConcernLevel=local`;
  const database = await databaseAt({ uri, database: made.databaseName });
  const asked: Document[] = [];
  const note = ({ commandName, command }: CommandStartedEvent) => {
    if (["find", "aggregate"].includes(commandName)) asked.push(command);
  };
  database.client.on("commandStarted", note);
  const sides = sidesOf(database, await stateRoot(twoRuns));
  await importState(sides);
  await verifyState(sides);
  await exportState({ ...sides, all: true });
  database.client.off("commandStarted", note);
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
