import { resolve } from "node:path";
import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { checkServer, requireServer } from "../../components/cluster/server/check";
import { findingsOf } from "../../components/cluster/server/check";
import { serverForTests } from "../server";
import { disguisedServer } from "./disguised-server";

const [remote, local] = [{ local: false }, { local: true }];
const member = (version: string) => ({ version, standalone: false });

describe("a server's version", () => {
  it.each(["6.0.0", "6.0.26", "7.1.0-rc3", "10.0.1"])("%s will do", (version) => {
    expect(findingsOf(member(version), remote)).toEqual({ refusals: [], warnings: [] });
  });

  it.each(["5.0.31", "5.3.2", "4.4.29"])("%s is refused, on this machine too", (version) => {
    const { refusals } = findingsOf(member(version), local);

    expect(refusals).toHaveLength(1);
    expect(refusals[0]).toContain(`It runs MongoDB ${version}, and 6.0 is the oldest`);
  });
});

describe("a standalone server", () => {
  const standalone = { version: "8.0.4", standalone: true };

  it("is refused, with what it lacks and the way out", () => {
    const { refusals, warnings } = findingsOf(standalone, remote);

    expect(warnings).toEqual([]);
    expect(refusals.join()).toMatch(/majority.*transactions, change streams.*rs\.initiate\(\)/);
  });

  it("of this machine is told the same, and used", () => {
    expect(findingsOf(standalone, local)).toEqual({
      refusals: [],
      warnings: findingsOf(standalone, remote).refusals,
    });
  });

  it("that is too old as well has both said at once", () => {
    expect(findingsOf({ ...standalone, version: "5.0.1" }, remote).refusals).toHaveLength(2);
  });
});

describe("a real server", () => {
  const current = serverForTests();

  it("that is a member of a replica set will do, and says its version", async () => {
    const { version } = (await current.client.db().command({ buildInfo: 1 })) as {
      version: string;
    };

    expect(await checkServer(current.client.db(), current.server.uri)).toEqual({
      ...{ version, refusals: [], warnings: [] },
    });
    expect(await requireServer(current.client.db(), current.server.uri)).toBe(version);
  });

  it("that is too old is refused by the command of a Job before anything is changed", async () => {
    const older = await disguisedServer(current.server.port, { version: "5.0.31" });
    const env = { TASKRUNNER_MONGO_URI: `mongodb://127.0.0.1:${older.port}/of_apply` };
    const bin = resolve(__dirname, "../../cli/bin.cjs");
    const { stderr, exitCode } = await execa("node", [bin, "apply"], { env, reject: false });
    await older.stop();

    expect(exitCode).toBe(1);
    expect(stderr).toContain(
      `MongoDB at 127.0.0.1:${older.port} cannot be used; nothing was changed.`,
    );
    expect(stderr).toContain("It runs MongoDB 5.0.31");
    expect(await current.client.db("of_apply").listCollections().toArray()).toEqual([]);
  }, 60_000);
});
