import { readdirSync } from "node:fs";
import { chmod, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  type ControlPlane,
  engine,
  helm,
  repository,
  startControlPlane,
} from "../../../tools/parts";
import { pluginName, pluginOnPath } from "../../../tools/parts/pulumi/plugin";
import { versions } from "../../../tools/parts/versions";
import { makeStack, type TestStack } from "../../engine/stack";
import { kubectlOf } from "../../pool";
import { makeProject, type TestProject } from "../../project";

const version = versions.kubernetesPlugin.slice(1);

describe("the plugin on PATH", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), "plugin-")));
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** A program that prints a text, whatever it is asked. */
  async function program(name: string, prints: string): Promise<string> {
    const file = join(folder, name);
    await writeFile(file, `#!/bin/sh\necho '${prints}'\n`);
    await chmod(file, 0o755);
    return file;
  }

  test("is used where its schema has the version of the npm package", async () => {
    const pulumi = await program("pulumi", JSON.stringify({ name: "kubernetes", version }));
    await program(pluginName, "");
    expect(await pluginOnPath(pulumi, folder)).toEqual({ part: folder });
  });

  test("is not used where it is another version, states none, or is not there", async () => {
    const pulumi = await program("pulumi", JSON.stringify({ version: "4.1.0" }));
    expect(await pluginOnPath(pulumi, folder)).toEqual({ missing: "not on PATH" });
    await program(pluginName, "");
    expect(await pluginOnPath(pulumi, folder)).toEqual({
      missing: `the one on PATH is v4.1.0, not v${version}`,
    });
    expect(await pluginOnPath(join(folder, "none"), folder)).toEqual({
      missing: `the one on PATH is of no known version, not v${version}`,
    });
  });
});

/** A part of the plugin's schema. */
interface Schema {
  readonly version: string;
  readonly resources: object;
  readonly language: {
    readonly nodejs: { readonly moduleToPackage: Readonly<Record<string, string>> };
  };
}

describe("the engine with its plugin", () => {
  let folder: string;
  let cluster: ControlPlane;
  let project: TestProject;
  let stack: TestStack;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "plugin-"));
    project = await makeProject('export * from "./test/tools/parts/mode-program";');
    stack = await makeStack("plugin", project.folder, { kubernetes: true });
    cluster = await startControlPlane({ directory: join(folder, "cluster") });
  });
  afterAll(async () => {
    await cluster.stop();
    await stack.remove();
    await project.remove();
    await rm(folder, { recursive: true });
  });

  test("has the resources of the npm package of its version, and no others", async () => {
    const { plugin = "", path } = await engine({ kubernetes: true });
    const { stdout } = await execa("pulumi", ["package", "get-schema", plugin], {
      env: { PATH: path },
    });
    const schema = JSON.parse(stdout) as Schema;
    const { moduleToPackage } = schema.language.nodejs;
    const ofPlugin = Object.keys(schema.resources)
      .map((type) => type.split(":"))
      .map(([, module = "", name = ""]) => `${moduleToPackage[module] ?? module}/${name}.js`)
      // The rest of the package is written by hand.
      .filter((file) => /^(?!helm|yaml)[a-z.]+\/v\d\w*\//.test(file));
    const folder = join(repository, "node_modules/@pulumi/kubernetes");
    const folders = [...new Set(ofPlugin.map((file) => dirname(file)))];
    const ofPackage = folders.flatMap((one) =>
      readdirSync(join(folder, one))
        .filter((name) => name.endsWith(".js") && name !== "index.js")
        .map((name) => `${one}/${name}`),
    );
    const sorted = (files: readonly string[]) => files.map((file) => file.toLowerCase()).sort();

    expect(schema.version).toBe(version);
    expect(ofPlugin.length).toBeGreaterThan(400);
    expect(sorted(ofPackage)).toEqual(sorted(ofPlugin));
  });

  async function up(mode: string) {
    const chart = join(repository, "examples/chart");
    await stack.configure({ mode, chart, kubeconfig: cluster.kubeconfig });
    const run = await stack.up();
    expect(run.failed, run.output).toBe(false);
    return run.output;
  }
  const kubectl = (...args: string[]) => kubectlOf(cluster).kubectl(...args);

  test("creates objects and a release on a control plane, and upgrades it", async () => {
    // About a plugin that it finds on PATH alone, the engine warns.
    expect(await up("filesystem")).not.toContain("warning");
    expect(await kubectl("get", "configmap/mode", "--output=jsonpath={.data.mode}")).toBe(
      "filesystem",
    );
    expect(await stack.outputs()).toEqual({ revision: 1, status: "deployed" });

    await up("mongo");
    expect(await stack.outputs()).toEqual({ revision: 2, status: "deployed" });
    const variable = "--output=jsonpath={.items[*].spec.containers[0].env[0].value}";
    expect(await kubectl("get", "pods", variable)).toBe("mongo");
    const history = ["history", "worker", "--output=json"];
    const env = { KUBECONFIG: cluster.kubeconfig };
    const { stdout } = await execa(await helm(), history, { env });
    expect(JSON.parse(stdout)).toMatchObject([{ status: "superseded" }, { status: "deployed" }]);
  }, 180_000);
});
