import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { parse } from "yaml";
import { clean } from "../../../tools/dev/commands";
import { makeCommand, devPaths, showPath, stacks } from "../../../tools/dev/places";
import { repository } from "../../../tools/parts";

describe("the locations of a stack", () => {
  const dev = devPaths("/repository");
  const local = devPaths("/repository", stacks.local);

  test("are below .dev, those of another stack than dev in a folder of its own", () => {
    expect(dev.dev).toBe("/repository/.dev");
    expect(dev.settings).toBe("/repository/.dev/Pulumi.dev.yaml");
    expect(local.dev).toBe("/repository/.dev/local");
    expect(local.settings).toBe("/repository/.dev/local/Pulumi.local.yaml");
    expect(local.committedSettings).toBe("/repository/tools/dev/Pulumi.local.yaml");
    expect(showPath(local, local.mongoData)).toBe(".dev/local/mongo");
  });

  test("are those that its committed settings name", async () => {
    const places = devPaths(repository, stacks.local);
    const { config } = parse(await readFile(places.committedSettings, "utf8")) as {
      config: Record<string, Record<string, unknown>>;
    };
    const setting = (name: string) => config[`taskrunner-storage:${name}`];
    expect(setting("mongoUri")).toContain(`:${stacks.local.mongoPort}/`);
    expect(setting("backfill")).toEqual({ source: { path: showPath(places, places.state) } });
    const kubeconfig = showPath(places, join(places.cluster, "kubeconfig"));
    expect(setting("kubernetes")).toEqual({ kubeconfig });
    expect(setting("rollout")).toMatchObject({ target: "helm" });
  });
});

test("a command names the stack, unless it is dev", () => {
  expect(makeCommand("up", stacks.dev)).toBe("make up");
  expect(makeCommand("up", stacks.local)).toBe("make up STACK=local");
});

describe("clean", () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), "dev-"));
    await mkdir(join(root, ".dev", "local"), { recursive: true });
    await mkdir(join(root, ".dev", "taskrunner"));
    await writeFile(join(root, ".dev", "Pulumi.dev.yaml"), "");
    vi.spyOn(console, "log").mockReturnValue();
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await rm(root, { recursive: true });
  });

  test("of dev leaves what another stack has, and says how that goes", async () => {
    await clean(devPaths(root));
    expect(await readdir(join(root, ".dev"))).toEqual(["local"]);
    expect(console.log).toHaveBeenLastCalledWith(
      "removed .dev; `make clean STACK=local` removes the rest",
    );
    await clean(devPaths(root, stacks.local));
    await clean(devPaths(root));
    expect(existsSync(join(root, ".dev"))).toBe(false);
  });

  test("of another stack leaves what dev has", async () => {
    await clean(devPaths(root, stacks.local));
    expect((await readdir(join(root, ".dev"))).sort()).toEqual(["Pulumi.dev.yaml", "taskrunner"]);
  });
});
