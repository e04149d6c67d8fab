import { MongoClient } from "mongodb";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { serverForTests } from "../server";
import { playElection, type Election } from "./election";

const current = serverForTests();
let election: Election;
let client: MongoClient;
/** What the driver's own monitoring found, in order. */
let found: string[];
beforeEach(async () => {
  election = await playElection(current.server.uri);
  client = new MongoClient(election.uri);
  found = [];
  client.on("serverDescriptionChanged", ({ newDescription }) => found.push(newDescription.type));
  await client.connect();
});
afterEach(async () => {
  await client.close();
  await election.close();
});

const things = () => client.db("elections").collection("things");

it("the driver's monitoring sees a primary, a member without one, and a primary again", async () => {
  await things().insertOne({});
  election.begin(1.5);
  await vi.waitFor(() => {
    expect(found).toContain("RSSecondary");
  }, 1_400);
  await things().insertOne({});

  expect(found.filter((type) => type !== "Unknown")).toEqual(
    expect.arrayContaining(["RSPrimary", "RSSecondary", "RSPrimary"]),
  );
  expect(found.at(-1)).toBe("RSPrimary");
  expect(election.played).toBe(1);
});

it("a driver that waits for a primary for too short a time names the member that answers", async () => {
  election.begin(30);
  const other = new MongoClient(`${election.uri}&serverSelectionTimeoutMS=700`);
  const failed = await other.connect().catch((error: unknown) => error);

  expect(failed).toMatchObject({ name: "MongoServerSelectionError" });
  const { servers } = (failed as { reason: { servers: Map<string, { type: string }> } }).reason;
  expect([...servers.values()].map(({ type }) => type)).toEqual(["RSSecondary"]);
  await other.close();
});

it.each([["answer lost" as const], [11602]])(
  "in the middle of a command (%s) it is refused or done, and the next one waits",
  async (how) => {
    await client
      .db("elections")
      .createCollection("made")
      .catch(() => undefined);
    election.beginOn("dropIndexes", 1, how);
    await client
      .db("elections")
      .command({ createIndexes: "made", indexes: [{ key: { a: 1 }, name: "a" }] });
    const drop = { dropIndexes: "made", index: "a" };
    await expect(client.db("elections").command(drop)).rejects.toThrow();
    const left = await client.db("elections").collection("made").listIndexes().toArray();

    expect(left.length).toBe(how === 11602 ? 2 : 1);
    expect(election.played).toBe(1);
  },
);
