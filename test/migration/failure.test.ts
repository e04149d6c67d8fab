import { expect, it } from "vitest";
import { buildSchema, type SchemaOptions } from "../../components/contract";
import { toCommands } from "../../components/migration/planner/commands";
import { diff } from "../../components/migration/planner/diff";
import { MigrationError } from "../../components/migration/errors";
import { reconcile } from "../../components/migration/execute";
import { observe } from "../../components/migration/planner/observe";
import { documentOptions } from "../contract/options";
import { serverForTests } from "../server";

const current = serverForTests({ failPoints: true });

const nothing = () => Promise.resolve();
const enforced: SchemaOptions = { ...documentOptions, tenancy: "enforced" };

/** Makes the current.server refuse the command that comes after `skip` commands of its kind. */
const failAfter = (verb: string, skip: number, errorCode = 8000) =>
  current.client.db("admin").command({
    configureFailPoint: "failCommand",
    mode: skip === 0 ? { times: 1 } : { skip, times: 1 },
    data: { failCommands: [verb], errorCode },
  });

it("whichever command of a first migration fails, the next run finishes it", async () => {
  const planned = diff(buildSchema(documentOptions), new Map()).flatMap(toCommands);
  const verbs = planned.map(({ command }) => Object.keys(command)[0] ?? "");

  for (const [at, verb] of verbs.entries()) {
    const db = current.client.db(`first_${at}`);
    await failAfter(verb, verbs.slice(0, at).filter((other) => other === verb).length);
    const failure = await reconcile(db, buildSchema(documentOptions), nothing).catch(
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(MigrationError);
    expect(failure).toMatchObject({ code: 8000 });
    expect(String(failure)).toContain(`${verb} on first_${at}.`);

    await reconcile(db, buildSchema(documentOptions), nothing);
    expect(diff(buildSchema(documentOptions), await observe(db))).toEqual([]);
  }
}, 120_000);

it.each([
  ["create", 48],
  ["createIndexes", 85],
  ["createIndexes", 86],
])("a %s that another runner did first (code %i) is planned again", async (verb, code) => {
  const db = current.client.db(`raced_${verb}_${code}`);
  await failAfter(verb, 0, code);

  await reconcile(db, buildSchema(documentOptions), nothing);
  expect(diff(buildSchema(documentOptions), await observe(db))).toEqual([]);
});

it.each([
  ["createIndexes", 0],
  ["dropIndexes", 0],
  ["createIndexes", 1],
  ["dropIndexes", 1],
])(
  "a replacement whose %s (after %i) fails is finished, never without its index",
  async (verb, skip) => {
    const db = current.client.db(`replace_${verb}_${skip}`);
    await reconcile(db, buildSchema(documentOptions), nothing);
    await failAfter(verb, skip);

    await expect(reconcile(db, buildSchema(enforced), nothing)).rejects.toMatchObject({
      code: 8000,
    });
    const { indexes = [] } = (await observe(db)).get("pack_runs") ?? {};
    expect(indexes.some(({ key }) => "tenantId" in key)).toBe(true);

    await reconcile(db, buildSchema(enforced), nothing);
    expect(diff(buildSchema(enforced), await observe(db))).toEqual([]);
  },
);

it("a change to unique that fails halfway lets the services insert again", async () => {
  const db = current.client.db("unique");
  const [runSequence] = buildSchema(documentOptions).indexes;
  const key = { runId: 1, sequence: 1 };
  const indexes = [{ key, name: runSequence?.name }];
  await db.command({ createIndexes: "pack_run_logs", indexes });
  await failAfter("collMod", 1);
  const wanted = { collections: [], indexes: runSequence ? [runSequence] : [] };

  await expect(reconcile(db, wanted, nothing)).rejects.toMatchObject({ code: 8000 });
  const { indexes: found = [] } = (await observe(db)).get("pack_run_logs") ?? {};
  expect(found).toMatchObject([{ unique: false, prepareUnique: false }]);
});

it("a change to unique that can neither be done nor undone names both, the first one first", async () => {
  const db = current.client.db("not_undone");
  const [runSequence] = buildSchema(documentOptions).indexes;
  const indexes = [{ key: { runId: 1, sequence: 1 }, name: runSequence?.name }];
  await db.command({ createIndexes: "pack_run_logs", indexes });
  const data = { failCommands: ["collMod"], errorCode: 13 };
  const mode = { skip: 1, times: 2 };
  await current.client.db("admin").command({ configureFailPoint: "failCommand", mode, data });
  const wanted = { collections: [], indexes: runSequence ? [runSequence] : [] };
  const failure = await reconcile(db, wanted, nothing).catch((error: unknown) => error);

  expect(failure).toMatchObject({ name: "MigrationError", code: 13 });
  expect(String(failure)).toMatch(
    /^MigrationError: collMod on not_undone\.pack_run_logs, .* with server code 13: .*Undoing it by \{"collMod":"pack_run_logs".*"prepareUnique":false\}\} failed/,
  );
});
