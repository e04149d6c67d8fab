import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { findPlugin, installPlugin, mayDownload, pluginsOf } from "../../components/step";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "plugins-"));
  vi.stubEnv("PATH", join(folder, "bin"));
  vi.stubEnv("PULUMI_HOME", join(folder, "home"));
  vi.stubEnv("PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION", undefined);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

const kubernetes = () => findPlugin("kubernetes");
const home = () => join(folder, "home/plugins", `resource-kubernetes-v${kubernetes().version}`);

async function program(directory: string, name: string, ...lines: readonly string[]) {
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, name), ["#!/bin/sh", ...lines, ""].join("\n"));
  await chmod(join(directory, name), 0o755);
}

it("settings without releases, operator and Jobs need none", () => {
  expect(pluginsOf({})).toEqual([]);
  expect(kubernetes()).toMatchObject({ name: "kubernetes", file: undefined });
});

it("is found on PATH and below PULUMI_HOME, but not while it is downloaded", async () => {
  await program(home(), "pulumi-resource-kubernetes");
  expect(kubernetes().file).toBe(join(home(), "pulumi-resource-kubernetes"));
  expect(installPlugin("kubernetes")).toBeUndefined();
  await writeFile(`${home()}.partial`, "");
  expect(kubernetes().file).toBeUndefined();
  await program(join(folder, "bin"), "pulumi-resource-kubernetes");
  expect(kubernetes().file).toBe(join(folder, "bin/pulumi-resource-kubernetes"));
});

it("one that is missing is installed once, unless that is forbidden or fails", async () => {
  const failing = ['echo "warning: retried" >&2', 'echo "error: no such host" >&2', "exit 1"];
  await program(join(folder, "bin"), "pulumi", ...failing);
  const { version } = kubernetes();
  const way = `pulumi plugin install resource kubernetes ${version} --file FILE`;
  expect(installPlugin("kubernetes")).toMatch(/cannot be downloaded: no such host\. /);
  expect(installPlugin("kubernetes")).toContain(way);

  await program(
    join(folder, "bin"),
    "pulumi",
    `[ "$*" = "plugin install resource kubernetes ${version}" ]`,
  );
  expect(installPlugin("kubernetes")).toBeUndefined();

  vi.stubEnv("PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION", "True");
  expect(mayDownload()).toBe(false);
  expect(installPlugin("kubernetes")).toContain(way);
});
