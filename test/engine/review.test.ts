import { cp, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, it } from "vitest";
import { generateSample, type SampleCounts } from "../../sample";
import { startMongo, type MongoServer } from "../../tools/parts";
import { rendered } from "../review/rendered";
import { makeStack, type TestStack } from "./stack";

const minutes = 60_000;
const password = "s3cret-of-the-services";
const bin = resolve(__dirname, "../../cli/bin.cjs");

interface Review {
  readonly headline: string;
  readonly level: string;
  readonly verdict: string;
  readonly body: string;
}

let stack: TestStack;
let server: MongoServer;
let sample: SampleCounts;

beforeAll(async () => {
  stack = await makeStack("staging");
  server = await startMongo({ directory: join(stack.folder, "data") });
  sample = await generateSample(join(stack.folder, "state"), { runs: 20 });
  await cp(resolve(__dirname, "../../sample/rollout"), join(stack.folder, "rollout"), {
    recursive: true,
  });
}, 10 * minutes);
afterAll(async () => {
  await server.stop();
  await stack.remove();
});

const configure = (storageMode: string) =>
  stack.configure({
    storageMode,
    mongoUri: `${server.uri}/taskrunner`,
    appMongoUri: `mongodb://app:${password}@127.0.0.1:${server.port}/taskrunner`,
    backfill: { source: { path: join(stack.folder, "state") } },
    rollout: { target: "values", directory: join(stack.folder, "rollout"), confirm: "none" },
  });

/** The review of a preview of the stack as it is configured, made as a workflow makes it. */
async function reviewed(): Promise<Review> {
  const [preview, plan] = [join(stack.folder, "preview.json"), join(stack.folder, "plan.json")];
  const settings = join(stack.folder, "Pulumi.staging.yaml");
  const env = { TASKRUNNER_MONGO_URI: `${server.uri}/taskrunner` };
  const run = (...args: string[]) => execa("node", [bin, ...args], { env, reject: false });
  await writeFile(preview, (await stack.previewAsJson()).output);
  const planned = (await run("plan", "--json", "--settings", settings)).stdout;
  await writeFile(plan, planned);
  const comment = await run(
    ...["comment", "--json", "--preview", preview],
    ...(planned === "" ? [] : ["--plan", plan]),
  );
  expect(comment.stderr).toBe("");
  const review = JSON.parse(comment.stdout) as Review;
  expect(review.body).not.toContain(password);
  expect(rendered(review.body).links).toEqual([]);
  return review;
}

it(
  "reviews a first cutover: what is made, imported and switched over",
  async () => {
    await configure("mongo");
    const { headline, level, body } = await reviewed();

    // On a busy machine the preview may give up on the database, and then warns of it.
    expect(["clear", "risks"]).toContain(level);
    expect(headline).toBe(
      "staging: cut over to MongoDB: 4 collections, 9 indexes, " +
        `import of ${sample.runs} runs, worker then web`,
    );
    expect(body).toContain(
      "create `pack_run_logs_run_sequence` on `pack_run_logs` `{ runId: 1, sequence: 1 }`, unique",
    );
    expect(body).toContain("+ Worker__Storage__Mode=mongo");
    const steps = rendered(body).tables[0]?.rows.map(([, step]) => step?.text);
    expect(steps).toEqual([
      "Ledger",
      "Collections",
      "Unique indexes",
      "Other indexes",
      "Import, services on files",
      "Import, worker stopped",
      "Fence",
      "Worker",
      "Web",
      "Import of the rest",
      "Verification",
      "Log expiry",
    ]);
  },
  3 * minutes,
);

it(
  "reviews nothing where nothing changes",
  async () => {
    expect(await stack.up()).toMatchObject({ failed: false });

    const { headline, body } = await reviewed();
    expect(headline).toBe("staging: no changes");
    expect(body).toMatch(/^### `staging`: no changes\n/);
    expect(rendered(body).tables).toEqual([]);
  },
  5 * minutes,
);

it(
  "reviews the way back with MongoDB stopped: what stays behind",
  async () => {
    await server.stop();
    await configure("filesystem");
    const { headline, level, verdict, body } = await reviewed();

    expect(headline).toMatch(
      /^staging: back to files: MongoDB out of reach, \d+ unfinished runs, /,
    );
    expect(level).toBe("risks");
    expect(verdict).toMatch(/what changed there stays behind · \d+ unfinished runs set aside/);
    expect(body).toContain("| `storageMode` | `mongo` | `filesystem` |");
    expect(body).toContain("+ TaskRunner__Storage__Mode=filesystem");
  },
  3 * minutes,
);

it(
  "reviews a preview that failed: its errors",
  async () => {
    await configure("both");
    const { headline, level, body } = await reviewed();

    expect(headline).toBe("staging: the preview failed");
    expect(level).toBe("blocked");
    expect(body).toContain(
      'taskrunner-storage:storageMode: found "both"; allowed: mongo, filesystem',
    );
  },
  2 * minutes,
);
