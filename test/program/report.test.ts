import { Long } from "mongodb";
import { beforeAll, expect, it } from "vitest";
import { buildSchema } from "../../components/contract";
import { diff } from "../../components/migration/planner/diff";
import { observe } from "../../components/migration/planner/observe";
import { documentOptions } from "../contract/options";
import { lifeForTests } from "./life";

const life = lifeForTests({ runs: 0 });
const wanted = buildSchema(documentOptions);
beforeAll(() => life.configure({ migration: { onDataIssue: "report" } }));

it("with onDataIssue: report what can be set is set, and the rest is listed", async () => {
  const entry = { runId: "run-1", sequence: Long.fromNumber(7) };
  await life.db.collection("pack_run_logs").insertMany([{ ...entry }, { ...entry }]);
  const up = await life.stack.up();

  expect(up.failed, up.output).toBe(false);
  expect(up.output).toMatch(/index pack_run_logs_run_sequence .* 1 key [^]*\[data-issue\]/);
  expect(up.output).toMatch(/validator of pack_run_logs .* 2 documents [^]*\[data-issue\]/);
  // Services that create the others at start, by their keys in order, are not refused.
  expect(up.output).not.toMatch(/refuses .* with code 8[56]/);
  expect(diff(wanted, await observe(life.db))).toMatchObject([
    { kind: "modify validator", found: { validationLevel: "moderate" } },
    { kind: "create index" },
  ]);
});

it("what was held back is done once the data are fixed", async () => {
  await life.db.collection("pack_run_logs").deleteMany({});
  const up = await life.stack.upAfterRefresh();

  expect(up.output).not.toContain("[data-issue]");
  expect(diff(wanted, await observe(life.db))).toEqual([]);
});
