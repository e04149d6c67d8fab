/**
 * Runs tests on a replica set of three members that it starts: `tsx test/replica-set/run.mts VERSION all`.
 * With `one-stopped` in place of `all`, one member is stopped meanwhile. MongoDB is downloaded if it is not there
 * yet. Without this program the same tests run on the server of `make test`.
 */
import { execa } from "execa";
import { MongoClient } from "mongodb";
import { MongoMemoryReplSet } from "mongodb-memory-server-core";

/**
 * What touches MongoDB, without what needs a control plane. Elections come last: another member may be
 * the primary afterwards.
 */
const runs = [
  ["test/migration", "test/transfer", "--exclude", "test/transfer/as-jobs.test.ts"],
  ["test/replica-set"],
];

async function run(version = "", members = "all"): Promise<number> {
  const set = await MongoMemoryReplSet.create({
    binary: { version },
    replSet: { count: 3, storageEngine: "wiredTiger" },
  });
  try {
    const uri = await primaryOf(set);
    if (members === "one-stopped") await stopOneBeside(set, uri);
    const env = { TEST_MONGODB_URI: uri };
    let failed = 0;
    for (const files of runs) {
      const tests = execa("vitest", ["run", "--config=test/vitest.config.mts", ...files], {
        env,
        preferLocal: true,
        stdio: "inherit",
        reject: false,
      });
      const { exitCode } = await tests;
      failed ||= exitCode ?? 1;
    }
    return failed;
  } finally {
    await set.stop();
  }
}

/** Of one member, by which a driver finds the others: tests put databases and options behind it. */
async function primaryOf(set: MongoMemoryReplSet): Promise<string> {
  const client = await new MongoClient(set.getUri()).connect();
  const { primary } = await client.db("admin").command({ hello: 1 });
  await client.close();
  return `mongodb://${String(primary)}`;
}

async function stopOneBeside(set: MongoMemoryReplSet, uri: string): Promise<void> {
  const other = set.servers.find((server) => !uri.endsWith(`:${server.instanceInfo?.port}`));
  await other?.stop({ doCleanup: false });
}

void run(...process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
