import { cp, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa, execaSync } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { generateSample } from "../../tools/sample";
import { repository } from "../../tools/parts";
import { type BorrowedServer, borrowServer } from "../pool";
import { makeStack, type TestStack } from "./stack";
import { engineState, nameIn } from "./state";
import { cutoverKinds, stepsDone } from "./steps";

const minutes = 60_000;
/** Steps are at the stack's root, and resources load their providers by a path. */
const versionBefore = "4e8e22f7";
/** A shallow clone lacks it. */
const isThere = !execaSync("git", ["cat-file", "-e", versionBefore], {
  cwd: repository,
  reject: false,
}).failed;
const parts = ["components", "index.ts", "program.cjs", "package.json", "Pulumi.yaml"];

let project: string;
let stack: TestStack;
let server: BorrowedServer;

beforeAll(async () => {
  if (!isThere) return;
  project = await mkdtemp(join(tmpdir(), "upgraded-"));
  const archive = join(project, "before.tar");
  await execa("git", ["archive", "--output", archive, versionBefore, ...parts], {
    cwd: repository,
  });
  await execa("tar", ["--extract", "--file", archive], { cwd: project });
  await symlink(join(repository, "node_modules"), join(project, "node_modules"));
  stack = await makeStack("test", project);
  server = await borrowServer();
  await generateSample(join(stack.folder, "state"), { runs: 3 });
  await cp("tools/sample/rollout", join(stack.folder, "rollout"), { recursive: true });
}, 15 * minutes);
afterAll(async () => {
  if (!isThere) return;
  await server.release();
  await stack.remove();
  await rm(project, { recursive: true });
});

const configure = (storageMode: "mongo" | "filesystem") =>
  stack.configure({
    storageMode,
    mongoUri: `${server.uri}/taskrunner`,
    backfill: { source: { path: join(stack.folder, "state") } },
    rollout: { target: "values", directory: join(stack.folder, "rollout"), confirm: "none" },
  });

/** Former names of steps; those of the log's TTL and of the final pass are also their components'. */
const renamed: Readonly<Record<string, string>> = {
  "log-expiry-lift": "suspend-log-ttl",
  backfill: "bulk-pass",
  "second-handover": "final-pass",
};

/** The names of the stack's own resources, without the component that is new. */
const names = async () => {
  const { deployment } = await engineState(stack);
  const found = deployment.resources.map(({ urn }) => nameIn(urn));
  return found.filter((name) => name !== "task-runner-storage");
};

describe.runIf(isThere)("a stack of the version before", () => {
  it(
    "is taken over without a step that runs again",
    async () => {
      await configure("mongo");
      const first = await stack.up();
      expect(first.failed, first.output).toBe(false);
      const before = (await names()).map((name) => renamed[name] ?? name).sort();

      for (const part of parts) {
        await rm(join(project, part), { recursive: true });
        await cp(join(repository, part), join(project, part), { recursive: true });
      }
      const up = await stack.up();
      expect(up.failed, up.output).toBe(false);
      expect(up.output).toMatch(/Resources:\n\s+\+ 1 created\n\s+\d+ unchanged\n/);
      expect(stepsDone(up, [...cutoverKinds, "Collection", "Index"])).toEqual([]);
      expect((await names()).sort()).toEqual(before);
    },
    8 * minutes,
  );

  it(
    "is refreshed, and goes back to files",
    async () => {
      const refresh = await stack.pulumi("refresh", "--yes", "--skip-preview");
      expect(refresh.failed, refresh.output).toBe(false);
      await configure("filesystem");
      const up = await stack.up();
      expect(up.failed, up.output).toBe(false);
      expect(await stack.outputs()).toMatchObject({ rollout: { worker: { mode: "filesystem" } } });
    },
    8 * minutes,
  );
});
