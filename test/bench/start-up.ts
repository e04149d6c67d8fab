import { cp } from "node:fs/promises";
import { join } from "node:path";
import { generateSample } from "../../tools/sample";
import { makeProject } from "../project";
import { repository, startMongo, type MongoServer } from "../../tools/parts";
import { mostOfEmptyProgram, type Bar } from "./bars";
import { makeBenchStack, type BenchStack } from "./stack";
import { median, printTable, formatWhole } from "./table";

const rounds = 5;

/** The previewed programs; the first is the baseline. */
const empty = "an empty program";
const oneStep = "a program of one dynamic resource";
const ours = "stack like dev";

/**
 * The time of a no-change preview of a stack like `dev` after its cutover, relative to an empty program: the project's
 * overhead in each run of Pulumi. They take turns, so that load on the machine affects all alike. A program of one
 * dynamic resource shows Pulumi's share, a second process that loads the SDK again.
 */
export async function measureStartUp(folder: string): Promise<Bar[]> {
  const server = await startMongo({ directory: join(folder, "start-up") });
  const stacks = new Map([
    [empty, await stackOf('import "@pulumi/pulumi";\n')],
    [oneStep, await stackOf(oneResource)],
    [ours, await stackAfterCutover(server)],
  ]);
  const times = new Map<string, number[]>([...stacks.keys()].map((name) => [name, []]));
  try {
    for (let round = 0; round < rounds; round += 1) {
      for (const [name, stack] of stacks) times.get(name)?.push(await timePreview(stack));
    }
  } finally {
    for (const stack of stacks.values()) await stack.remove();
    await server.stop();
  }
  const msOf = (name: string) => median(times.get(name) ?? []);
  const ratioOf = (name: string) => msOf(name) / msOf(empty);
  printTable(
    `a preview that changes nothing, median of ${String(rounds)} rounds (to reach: ` +
      `${String(mostOfEmptyProgram)} times an empty program's)`,
    [
      ["", "ms", "times an empty program's"],
      ...[...stacks.keys()].map((name) => [
        name,
        formatWhole(msOf(name)),
        ratioOf(name).toFixed(2),
      ]),
    ],
  );
  const what = "a no-change preview against an empty program's";
  return [{ what, found: ratioOf(ours), atMost: mostOfEmptyProgram }];
}

async function stackAfterCutover(server: MongoServer): Promise<BenchStack> {
  const stack = await makeBenchStack(repository);
  const state = join(stack.folder, "state");
  const rollout = join(stack.folder, "rollout");
  await generateSample(state, { runs: 10 });
  await cp(join(repository, "tools/sample/rollout"), rollout, { recursive: true });
  const settings = {
    storageMode: "mongo",
    backfill: { source: { path: state } },
    rollout: { target: "values", directory: rollout, confirm: "none", workerStopped: 1 },
  };
  await stack.configure(settings, `${server.uri}/start_up`);
  await stack.pulumi("up", "--yes", "--skip-preview");
  return stack;
}

const oneResource = `import * as pulumi from "@pulumi/pulumi";
class Nothing extends pulumi.dynamic.Resource {}
new Nothing({ create: () => Promise.resolve({ id: "nothing" }) }, "nothing", {});
`;

/** A stack of another program, with the same SDK and loader. */
async function stackOf(program: string): Promise<BenchStack> {
  const project = await makeProject(program);
  const stack = await makeBenchStack(project.folder);
  await stack.pulumi("up", "--yes", "--skip-preview");
  const remove = async () => {
    await stack.remove();
    await project.remove();
  };
  return { ...stack, remove };
}

/** @returns in ms */
async function timePreview(stack: BenchStack): Promise<number> {
  const started = performance.now();
  await stack.pulumi("preview");
  return performance.now() - started;
}
