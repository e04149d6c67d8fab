import { cp, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generateSample } from "../sample";
import { makeStack, type TestStack } from "../test/engine/stack";
import { repository, type MongoServer } from "../tools/parts";
import { mostOfEmptyProgram, type Bar } from "./bars";
import { median, say, whole } from "./table";

const rounds = 5;

/**
 * How long a preview takes that changes nothing, of a stack like `dev` after its cutover, against that
 * of an empty program: what the project adds to each run of Pulumi. Both in turn, so that they meet the
 * same machine.
 */
export async function measureStartUp(server: MongoServer): Promise<Bar[]> {
  const [ours, empty] = [await stackAfterCutover(server), await emptyStack()];
  try {
    const times = { ours: [] as number[], empty: [] as number[] };
    for (let round = 0; round < rounds; round += 1) {
      times.ours.push(await previewed(ours));
      times.empty.push(await previewed(empty.stack));
    }
    const [mine, others] = [median(times.ours), median(times.empty)];
    say(
      `a preview that changes nothing, median of ${rounds} rounds (to reach: ${mostOfEmptyProgram} times)`,
      [
        ["", "ms", "so many times an empty program's"],
        ["stack like dev", whole(mine), (mine / others).toFixed(2)],
        ["an empty program", whole(others), "1.00"],
      ],
    );
    const what = "a no-change preview against an empty program's";
    return [{ what, found: mine / others, atMost: mostOfEmptyProgram }];
  } finally {
    await ours.remove();
    await empty.remove();
  }
}

async function stackAfterCutover(server: MongoServer): Promise<TestStack> {
  const stack = await makeStack("bench", undefined, { ownProcess: true });
  const [state, rollout] = [join(stack.folder, "state"), join(stack.folder, "rollout")];
  await generateSample(state, { runs: 10 });
  await cp(join(repository, "sample/rollout"), rollout, { recursive: true });
  await stack.configure({
    mongoUri: `${server.uri}/start_up`,
    backfill: { source: { path: state } },
    rollout: { target: "values", directory: rollout, confirm: "none" },
  });
  const up = await stack.up();
  if (up.failed) throw new Error(up.output);
  return stack;
}

/** A program that asks for nothing, with the same SDK and settings of TypeScript. */
async function emptyStack() {
  const project = await mkdtemp(join(tmpdir(), "empty-"));
  for (const name of ["node_modules", "package.json", "tsconfig.json", "Pulumi.yaml"]) {
    await symlink(join(repository, name), join(project, name));
  }
  await writeFile(join(project, "index.ts"), 'import "@pulumi/pulumi";\n');
  const stack = await makeStack("empty", project, { ownProcess: true });
  const remove = async () => {
    await stack.remove();
    await rm(project, { recursive: true });
  };
  return { stack, remove };
}

async function previewed(stack: TestStack): Promise<number> {
  const started = performance.now();
  const { failed, output } = await stack.preview();
  if (failed) throw new Error(output);
  return performance.now() - started;
}
