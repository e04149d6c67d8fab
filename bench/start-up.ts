import { cp, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generateSample } from "../sample";
import { repository, startMongo, type MongoServer } from "../tools/parts";
import { mostOfEmptyProgram, type Bar } from "./bars";
import { makeStack, type BenchStack } from "./stack";
import { median, say, whole } from "./table";

const rounds = 5;

/**
 * How long a preview takes that changes nothing, of a stack like `dev` after its cutover, against that
 * of an empty program: what the project adds to each run of Pulumi. Both in turn, so that they meet the
 * same machine.
 */
export async function measureStartUp(folder: string): Promise<Bar[]> {
  const server = await startMongo({ directory: join(folder, "start-up") });
  const [ours, empty] = [await stackAfterCutover(server), await emptyStack()];
  try {
    const times = { ours: [] as number[], empty: [] as number[] };
    for (let round = 0; round < rounds; round += 1) {
      times.ours.push(await previewed(ours));
      times.empty.push(await previewed(empty.stack));
    }
    const [mine, others] = [median(times.ours), median(times.empty)];
    const found = mine / others;
    say(
      `a preview that changes nothing, median of ${String(rounds)} rounds (to reach: ` +
        `${String(mostOfEmptyProgram)} times an empty program's)`,
      [
        ["", "ms", "times an empty program's"],
        ["stack like dev", whole(mine), found.toFixed(2)],
        ["an empty program", whole(others), "1.00"],
      ],
    );
    const what = "a no-change preview against an empty program's";
    return [{ what, found, atMost: mostOfEmptyProgram }];
  } finally {
    await ours.remove();
    await empty.remove();
    await server.stop();
  }
}

async function stackAfterCutover(server: MongoServer): Promise<BenchStack> {
  const stack = await makeStack(repository);
  const [state, rollout] = [join(stack.folder, "state"), join(stack.folder, "rollout")];
  await generateSample(state, { runs: 10 });
  await cp(join(repository, "sample/rollout"), rollout, { recursive: true });
  const settings = {
    storageMode: "mongo",
    backfill: { source: { path: state } },
    rollout: { target: "values", directory: rollout, confirm: "none" },
  };
  await stack.configure(settings, `${server.uri}/start_up`);
  await stack.pulumi("up", "--yes", "--skip-preview");
  return stack;
}

/** A program that asks for nothing, with the same SDK and settings of TypeScript. */
async function emptyStack(): Promise<{ stack: BenchStack; remove: () => Promise<void> }> {
  const project = await mkdtemp(join(tmpdir(), "bench-empty-"));
  for (const name of ["node_modules", "package.json", "tsconfig.json", "Pulumi.yaml"]) {
    await symlink(join(repository, name), join(project, name));
  }
  await writeFile(join(project, "index.ts"), 'import "@pulumi/pulumi";\n');
  const stack = await makeStack(project);
  const remove = async () => {
    await stack.remove();
    await rm(project, { recursive: true });
  };
  return { stack, remove };
}

/** @returns in ms */
async function previewed(stack: BenchStack): Promise<number> {
  const started = performance.now();
  await stack.pulumi("preview");
  return performance.now() - started;
}
