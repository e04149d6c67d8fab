import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { MongoClient, MongoServerSelectionError } from "mongodb";
import { afterEach, expect, it, onTestFinished, vi } from "vitest";
import { providers } from "../../components/transfer/provider";
import { closeConnections } from "../../components/mongo";
import { type Election, playElection } from "../mongo/election";
import { type Outs, RollbackStack, sampleFiles, previewStep, runStep } from "./rollback-stack";

const stack = new RollbackStack();
let election: Election | undefined;
afterEach(async () => {
  await closeConnections();
  await election?.close();
});

/** The connection string of a server that is in the middle of an election for so many seconds. */
async function withoutPrimaryFor(seconds: number): Promise<string> {
  election = await playElection(stack.server.uri);
  election.begin(seconds);
  return election.uri;
}

it("an election is waited for: everything is exported, and nothing held", async () => {
  const before = await stack.cutover();
  await stack.advance();
  const uri = await withoutPrimaryFor(4);
  const { rollback } = await stack.rollBack(before, { uri, electionSeconds: 30 });

  expect(rollback).toMatchObject({ held: { count: 0 }, exported: { runs: { written: 1 } } });
  expect(stack.printed.join("\n")).toMatch(/30 s for a primary/);
});

it("members without a primary stop the rollback with both ways out, and nothing is held", async () => {
  const before = await stack.cutover();
  const at = before.cutoverRecord?.at ?? "";
  const uri = await withoutPrimaryFor(60);
  const back = stack.toFiles({ uri, electionSeconds: 2 });

  await previewStep(before, back);
  expect(stack.printed.join("\n")).toMatch(/warning: .*no primary.*\[stop: rollback-refused\]/);
  await expect(runStep(before, back)).rejects.toThrow(
    new RegExp(`no primary: 127\\.0\\.0\\.1:\\d+ .*abandonMongo: "${at}"`),
  );
  expect(await stack.files()).toEqual(sampleFiles);
  const abandoning = (cutoverAt: string) =>
    providers.Handover.update("id", before, { ...back, abandonMongo: cutoverAt });
  await expect(abandoning("2025-11-06T12:00:00.000Z")).rejects.toThrow(/no primary/);

  const { rollback } = (await abandoning(at)).outs as Outs;
  expect(rollback).toMatchObject({ held: { cases: ["busy", "slow"] } });
  expect(rollback).not.toHaveProperty("exported");
});

it("the passes of one up wait once for members that do not answer, and again once one does", async () => {
  const before = await stack.wholeCutover();
  const waits: number[] = [];
  const noAnswer = new MongoServerSelectionError("no answer", { servers: new Map() } as never);
  const connect = vi.spyOn(MongoClient.prototype, "connect");
  connect.mockImplementation(function (this: MongoClient) {
    waits.push(this.options.serverSelectionTimeoutMS);
    return Promise.reject(noAnswer);
  });
  election = await playElection(stack.server.uri);
  const fields = { uri: election.uri, electionSeconds: 30 };
  const { rollback } = await stack.rollBack(before, fields);
  expect(rollback).toMatchObject({ held: { cases: ["busy", "slow"] } });
  await stack.finalPass(before, { ...fields, direction: "back" });
  expect(waits).toEqual([30_000, 5_000]);

  connect.mockRestore();
  // 5 s without an answer, 2 s until the line, and as long again for a busy machine.
  election.begin(12);
  const last = await stack.finalPass(before, { ...fields, direction: "back" });
  expect(last.rollback).toMatchObject({ held: { count: 0 }, exported: {} });
  expect(stack.printed.join("\n")).toMatch(/30 s for a primary/);
});

/** What Atlas sends to an address that is not on its access list. */
const tlsAlert = Buffer.from([0x15, 3, 1, 0, 2, 2, 80]);

it.each([
  ["log-in", /answered, .* failed \(code 18\)/],
  ["TLS handshake", /answered, .*\(code ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR\)/],
])(
  "a refused %s stops the rollback: MongoDB is not lost, and nothing is held",
  async (what, words) => {
    const refusing = createServer((client) => client.once("data", () => client.end(tlsAlert)));
    onTestFinished(() => void refusing.close());
    await once(refusing.listen(0, "127.0.0.1"), "listening");
    const { port } = refusing.address() as AddressInfo;
    const { host } = new URL(stack.server.uri);
    const uri =
      what === "log-in"
        ? `mongodb://nobody:wrong-secret@${host}/?directConnection=true`
        : `mongodb://nobody:wrong-secret@127.0.0.1:${port}/?tls=true`;
    const before = await stack.cutover();
    const at = before.cutoverRecord?.at ?? "";
    const back = stack.toFiles({ uri, electionSeconds: 2 });

    await previewStep(before, back);
    const refused = await runStep(before, back).then(() => "it went on", String);
    expect(refused).toMatch(words);
    expect(refused).toContain(`abandonMongo: "${at}"`);
    expect(stack.printed.join("\n")).toMatch(/warning: .* answered.*\[stop: rollback-refused\]/);
    expect(`${refused}${stack.printed.join("\n")}`).not.toContain("wrong-secret");
    expect(await stack.files()).toEqual(sampleFiles);

    const { rollback } = await runStep(before, { ...back, abandonMongo: at });
    expect(rollback).toMatchObject({ held: { cases: ["busy", "slow"] } });
  },
);
