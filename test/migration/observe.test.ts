import { expect, it } from "vitest";
import { buildSchema } from "../../components/contract";
import { plan, status } from "../../components/migration";
import { observe } from "../../components/migration/planner/observe";
import { searchData } from "../../components/migration/plan";
import { documentOptions } from "../contract/options";
import { emptyDatabasePerTest } from "../server";
import { asMongo } from "./as-mongo";

const current = emptyDatabasePerTest();
const ledger = "schema_migrations";

it("a view and the profiler in the database stop nothing", async () => {
  await current.db.createCollection("of_others", { viewOn: "pack_runs", pipeline: [] });
  // MongoDB makes it when the profiler is on, which the embedded server does not have.
  await current.db.command({ profile: 2 });
  await current.db.createCollection("system.profile").catch(() => undefined);
  await current.db.command({ profile: 0 });
  const names = (await current.db.listCollections().toArray()).map(({ name }) => name);
  expect(names).toContain("system.profile");
  const db = asMongo(current.db);

  expect([...(await observe(db)).keys()]).toEqual(["of_others"]);
  const { foreign } = await plan(db, { schema: documentOptions, ledger });
  expect(foreign.map(({ collection }) => collection)).toEqual(["of_others"]);
});

it("what does not show foreign collections does not look at them", async () => {
  await current.db.createCollection("of_others");
  const db = asMongo(current.db, "of_others");

  await expect(observe(db)).rejects.toMatchObject({ code: 13 });
  expect(await status(db, documentOptions, ledger)).toMatchObject({ drift: 13 });
  expect(await searchData(db, buildSchema(documentOptions))).toEqual({
    issues: [],
    notChecked: [],
  });
});
