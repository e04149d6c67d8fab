import { Collection } from "mongodb";
import { expect, it, vi } from "vitest";
import {
  CutoverMissing,
  migrationId,
  addCutover,
  requireCutover,
  type LedgerRecord,
} from "../../components/ledger";
import {
  claim,
  ClaimRefused,
  complete,
  recordCommand,
  type Claim,
} from "../../components/migration/record";
import { emptyDatabasePerTest } from "../server";

const current = emptyDatabasePerTest();

const ledger = "schema_migrations";
const ours: Claim = { checksum: "aaaa", stack: "storage/dev", adopt: false };
const { stack } = ours;
const theirs: Claim = { ...ours, checksum: "bbbb", stack: "storage/prod" };
const record = () => current.db.collection<LedgerRecord>(ledger).findOne({ _id: migrationId });

it("the record is claimed, filled and completed", async () => {
  await claim(current.db, ledger, ours);
  expect(await record()).toMatchObject({
    checksum: "aaaa",
    stack: "storage/dev",
    finishedAt: null,
  });

  const command = {
    command: { create: "pack_runs" },
    reason: "new",
    blocksWrites: false,
    loses: false,
  };
  await recordCommand(current.db, ledger, { command, durationMs: 7 });
  const finished = await complete(current.db, ledger, ours.checksum);
  expect(await record()).toMatchObject({
    finishedAt: finished,
    commands: [{ command: '{"create":"pack_runs"}', reason: "new", durationMs: 7 }],
  });
  expect(await complete(current.db, ledger, ours.checksum)).toEqual(finished);
});

it("a command is recorded once, also if it is recorded again after a lost answer", async () => {
  await claim(current.db, ledger, ours);
  const command = { command: { create: "x" }, reason: "new", blocksWrites: false, loses: false };
  for (let attempt = 0; attempt < 2; attempt += 1) {
    await recordCommand(current.db, ledger, { command, durationMs: 7 });
  }
  expect((await record())?.commands).toHaveLength(1);
});

it("of two that take it over at once the second one finds the first", async () => {
  await claim(current.db, ledger, ours);
  const update = vi.spyOn(Collection.prototype, "updateOne");
  update.mockImplementationOnce(async function (this: Collection, ...asked) {
    update.mockRestore();
    await claim(current.db, ledger, { ...theirs, adopt: true });
    return this.updateOne(...asked);
  });

  await expect(claim(current.db, ledger, { ...ours, checksum: "cccc" })).rejects.toThrow(
    ClaimRefused,
  );
  expect(await record()).toMatchObject({ stack: "storage/prod", checksum: "bbbb" });
});

it("another stack with another wanted state is refused by both names", async () => {
  await claim(current.db, ledger, ours);

  const refusal = await claim(current.db, ledger, theirs).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(ClaimRefused);
  expect(String(refusal)).toMatch(/Stack storage\/prod .*: stack storage\/dev /);
  expect(await record()).toMatchObject({ stack: "storage/dev", checksum: "aaaa" });
});

it("another stack takes it over where it is told to, and the former cannot complete", async () => {
  await claim(current.db, ledger, ours);
  await claim(current.db, ledger, { ...theirs, adopt: true });

  expect(await record()).toMatchObject({ stack: "storage/prod", checksum: "bbbb" });
  await expect(complete(current.db, ledger, ours.checksum)).rejects.toThrow(/another stack/);
});

it.each([
  [{ appliedAt: new Date(), runner: "platform" }, /another runner.*appliedAt, runner/],
  [{ checksum: null }, /another runner.*checksum/],
])(
  "a record that another runner wrote is named, and taken over if told to",
  async (fields, named) => {
    await current.db.collection<{ _id: string }>(ledger).insertOne({ _id: migrationId, ...fields });
    const refusal: unknown = await claim(current.db, ledger, ours).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(ClaimRefused);
    expect((refusal as Error).message).toMatch(named);
    expect(await record()).toEqual({ _id: migrationId, ...fields });

    await claim(current.db, ledger, { ...ours, adopt: true });
    expect(await record()).toMatchObject({ checksum: "aaaa", stack: "storage/dev" });
  },
);

it("the same wanted state is shared, and a stack may change its own", async () => {
  await claim(current.db, ledger, ours);
  await claim(current.db, ledger, { ...theirs, checksum: ours.checksum });
  await claim(current.db, ledger, { ...ours, checksum: "cccc" });

  expect(await record()).toMatchObject({ stack: "storage/dev", checksum: "cccc" });
});

it("of two stacks racing for an empty database exactly one wins", async () => {
  const claims = [ours, theirs, { ...ours, checksum: "cccc", stack: "storage/test" }];
  const outcomes = await Promise.allSettled(
    claims.map((asked) => claim(current.db, ledger, asked)),
  );

  expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
});

it("a cutover is recorded, replaced by a later one, and outlives a new claim", async () => {
  await claim(current.db, ledger, ours);
  const first = new Date("2026-11-25T10:00:00.123Z");
  const later = new Date("2026-12-01T00:00:00Z");
  await addCutover(current.db, ledger, { at: first, stack });
  expect(await record()).toMatchObject({ checksum: "aaaa", finishedAt: null, cutoverAt: first });
  await addCutover(current.db, ledger, { at: later, stack });
  await complete(current.db, ledger, ours.checksum);
  await claim(current.db, ledger, { ...ours, checksum: "cccc" });
  expect(await record()).toMatchObject({ checksum: "cccc", cutoverAt: later });
});

it("a database has only the cutovers that were recorded in it, whatever newer ones another has", async () => {
  await claim(current.db, ledger, ours);
  const first = "2026-11-25T10:00:00.123Z";
  const later = "2026-12-01T00:00:00.000Z";
  const required = (at: string) => requireCutover(current.db, ledger, at);
  await expect(required(later)).rejects.toBeInstanceOf(CutoverMissing);
  for (const at of [first, later, later])
    await addCutover(current.db, ledger, { at: new Date(at), stack });

  expect((await record())?.cutovers).toEqual([
    { at: new Date(first), stack },
    { at: new Date(later), stack },
  ]);
  await expect(required(first)).resolves.toBeUndefined();
  await expect(required(later)).resolves.toBeUndefined();
  await expect(required("2026-11-26T00:00:00.000Z")).rejects.toBeInstanceOf(CutoverMissing);
});

it("a cutover without a record of the migration is an error that says what to do, and creates no record", async () => {
  await expect(addCutover(current.db, ledger, { at: new Date(), stack })).rejects.toThrow(
    /^Recording the cutover in test_\d+\.schema_migrations failed: .* Run `taskrunner-storage apply`/,
  );
  expect(await record()).toBeNull();
});
