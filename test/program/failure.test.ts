import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildSchema } from "../../components/contract";
import { diff } from "../../components/migration/planner/diff";
import { observe } from "../../components/migration/planner/observe";
import { documentOptions } from "../contract/options";
import { type Life, lifeForTests, makeLife } from "./life";
import { makeStackInProcess, type StackInProcess } from "./stack";

const life = lifeForTests({ runs: 0 });
const wanted = buildSchema(documentOptions);
let other: Life<StackInProcess>;

beforeAll(async () => {
  other = await makeLife(life.server, await makeStackInProcess("other"), { runs: 0 });
});
afterAll(() => other.stack.remove());

describe("a migration that fails", () => {
  it("says what failed and what to do, and the next up finishes it", async () => {
    await life.configure({});
    await life.client.db("admin").command({
      configureFailPoint: "failCommand",
      mode: { skip: 4, times: 1 },
      data: { failCommands: ["createIndexes"], errorCode: 8000 },
    });
    const failed = await life.stack.up();
    expect(failed.failed).toBe(true);
    expect(failed.output).toMatch(/createIndexes .*pack_runs_tenant_updatedAt_desc.* 8000/);
    expect(failed.output).toContain("the others follow");
    expect(await life.stack.state()).toContain("pack_runs_updatedAt_desc");

    expect(await life.stack.up()).toMatchObject({ failed: false });
    expect(diff(wanted, await observe(life.db))).toEqual([]);
  });

  it("of two stacks with different wanted states the second is refused, by both names", async () => {
    await other.configure({ tenancy: "enforced" });
    const refused = await other.stack.up();
    expect(refused.failed).toBe(true);
    expect(refused.output).toContain("taskrunner-storage/other cannot claim");
    expect(refused.output).toContain("taskrunner-storage/test holds it");
    expect(diff(wanted, await observe(life.db))).toEqual([]);
  });

  it("a stack that may adopt it takes it over", async () => {
    await other.configure({ tenancy: "enforced", migration: { adopt: true } });
    expect(await other.stack.up()).toMatchObject({ failed: false });
    const enforced = buildSchema({ ...documentOptions, tenancy: "enforced" });
    expect(diff(enforced, await observe(life.db))).toEqual([]);
  });
});

describe("the expiry of log entries", () => {
  const expiry = async () => {
    const indexes = (await observe(life.db)).get("pack_run_logs")?.indexes ?? [];
    return indexes.find(({ name }) => name.endsWith("_ttl"))?.expireAfterSeconds;
  };
  const updated = (output: string) => output.match(/\S+ updated$/gm);

  it("is set as one resource in place", async () => {
    const settings = { tenancy: "enforced", migration: { adopt: true }, logRetentionDays: 30 };
    await other.configure(settings);
    expect(updated((await other.stack.up()).output)).toHaveLength(1);
    expect(await expiry()).toBe(2_592_000);
  });

  it("changed by hand is seen by a refresh, and fixed", async () => {
    const index = { name: "pack_run_logs_timestamp_ttl", expireAfterSeconds: 86_400 };
    await life.db.command({ collMod: "pack_run_logs", index });
    expect(updated((await other.stack.upAfterRefresh()).output)).toHaveLength(1);
    expect(await expiry()).toBe(2_592_000);
  });
});
