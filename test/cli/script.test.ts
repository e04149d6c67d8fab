import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { type Db } from "mongodb";
import { beforeAll, expect, it } from "vitest";
import { buildSchema } from "../../components/contract";
import { apply, mongoshScript, plan } from "../../components/migration";
import { observe } from "../../components/migration/planner/observe";
import { mongosh as shellFile } from "../../tools/parts";
import { documentOptions } from "../contract/options";
import { proxyTo } from "../mongo/proxy";
import { serverForTests } from "../server";

const current = serverForTests();

const ledger = "schema_migrations";
let shell: string;
beforeAll(async () => {
  shell = await shellFile();
});

/** Runs the script in the real shell, as a site would. */
async function mongosh(database: string, uri = current.server.uri): Promise<string> {
  const file = join(current.folder, `${database}.js`);
  await writeFile(file, mongoshScript(documentOptions, database, ledger));
  const args = [uri, "--quiet", "--file", file];
  const { all } = await execa(shell, args, { all: true, env: { HOME: current.folder } });
  return all;
}

async function applied(db: Db): Promise<void> {
  const claim = { stack: "s", adopt: false, onDataIssue: "fail" } as const;
  await apply(db, { ...claim, schema: documentOptions, ledger });
}

it("the script run by mongosh gives the state that apply gives, twice", async () => {
  const quorums: unknown[] = [];
  const proxy = await proxyTo(current.server.port, {
    changesOf: (command, body) => {
      if (command === "createIndexes") quorums.push(body().commitQuorum);
      return undefined;
    },
  });
  const uri = `mongodb://${proxy.address}/?directConnection=true`;
  expect(await mongosh("by_script", uri)).toBe("20251106-task-runner-baseline: done");
  expect(quorums).toEqual(buildSchema(documentOptions).indexes.map(() => "majority"));
  await proxy.close();
  await mongosh("by_script");
  await applied(current.client.db("by_apply"));

  const byScript = await observe(current.client.db("by_script"));
  expect(byScript).toEqual(await observe(current.client.db("by_apply")));
  const { changes } = await plan(current.client.db("by_script"), {
    schema: documentOptions,
    ledger,
  });
  expect(changes).toEqual([]);
}, 120_000);
