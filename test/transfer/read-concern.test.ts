import type { CommandStartedEvent } from "mongodb";
import { afterAll, expect, it } from "vitest";
import { closeConnections, databaseAt } from "../../components/mongo";
import { exportState, importState, verifyState } from "../../components/transfer";
import { databasePerTest, twoRuns } from "./database";
import { sidesOf } from "./export-sides";
import { stateRoot } from "./state";

const current = databasePerTest();
afterAll(closeConnections);

it("reads what a majority has, in imports, verifications and exports", async () => {
  const { server, database: made } = current;
  const uri = `${server.uri.replace(/\/?$/, "/")}?monitorCommands=true&readConcernLevel=local`;
  const database = await databaseAt({ uri, database: made.databaseName });
  const reads: { readonly verb: string; readonly level: unknown }[] = [];
  database.client.on("commandStarted", ({ commandName: verb, command }: CommandStartedEvent) => {
    const { readConcern } = command as { readonly readConcern?: { readonly level?: unknown } };
    if (["find", "aggregate"].includes(verb)) reads.push({ verb, level: readConcern?.level });
  });
  const sides = sidesOf(database, await stateRoot(twoRuns));
  await importState(sides);
  await verifyState({ ...sides, exact: true });
  await exportState({ ...sides, all: true });

  expect(new Set(reads.map(({ verb }) => verb))).toEqual(new Set(["find", "aggregate"]));
  expect(reads.filter(({ level }) => level !== "majority")).toEqual([]);
});
