import { mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { programNames, usablePrograms } from "../../../tools/parts/kubernetes/programs";
import { pulumiOnPath, usableCli } from "../../../tools/parts/pulumi/cli";
import { pluginName, pluginOnPath } from "../../../tools/parts/pulumi/plugin";
import { findOnPath, programs } from "../../../tools/parts/table";
import { versions } from "../../../tools/parts/versions";

let folder: string;
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "on-path-")));
});
afterEach(() => rm(folder, { recursive: true }));

/** A program that prints a text, whatever it is asked. */
async function install(name: string, prints: string): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, `#!/bin/sh\nprintf '${prints}'\n`, { mode: 0o755 });
  return file;
}

test.each([
  [programs.helm, "v3.14.0", "v4.0.1", "not version 3"],
  [programs.mongosh, "2.3.1", "1.10.6", `older than ${versions.oldestMongosh}`],
  [programs.actionlint, "1.7.12\\ninstalled by hand\\n", "1.6.0", `not ${versions.actionlint}`],
])("$name on PATH is used if its version fits", async (program, fits, other, unfit) => {
  expect(await findOnPath(program, folder)).toEqual({ missing: "not on PATH" });
  const file = await install(program.name, fits);
  expect(await findOnPath(program, folder)).toEqual({ part: file });
  await install(program.name, other);
  expect(await findOnPath(program, folder)).toEqual({
    missing: `the one on PATH is ${other}, ${unfit}`,
  });
});

test("the plugin on PATH is used if its schema has the version of the npm package", async () => {
  const version = versions.kubernetesPlugin.slice(1);
  const pulumi = await install("pulumi", JSON.stringify({ version: "4.1.0" }));
  expect(await pluginOnPath(pulumi, folder)).toEqual({ missing: "not on PATH" });
  await install(pluginName, "");
  expect(await pluginOnPath(pulumi, folder)).toEqual({
    missing: `the one on PATH is v4.1.0, not v${version}`,
  });
  expect(await pluginOnPath(join(folder, "none"), folder)).toEqual({
    missing: `the one on PATH is of no known version, not v${version}`,
  });
  await install("pulumi", JSON.stringify({ version }));
  expect(await pluginOnPath(pulumi, folder)).toEqual({ part: folder });
});

test.each([
  [{ version: "v3.200.0" }, undefined],
  [{ version: undefined }, "not on PATH"],
  [{ version: "v3.199.9" }, "v3.199.9 on PATH is not version 3 from 3.200.0 on"],
  [{ version: "v4.0.0" }, "v4.0.0 on PATH is not version 3 from 3.200.0 on"],
  [{ version: "" }, "the one on PATH, which states no version, is not version 3 from 3.200.0 on"],
  [
    { version: "v3.274.1", languageHost: false },
    "v3.274.1 on PATH comes without pulumi-language-nodejs",
  ],
])("Pulumi on PATH %o is used, unless it is %s", (found, missing) => {
  const answer = missing === undefined ? { part: found.version } : { missing };
  expect(usableCli({ languageHost: true, ...found })).toEqual(answer);
});

test("Pulumi's language host may be elsewhere on PATH", async () => {
  await install("pulumi", "v3.274.1");
  const path = [folder, "/bin", "/usr/bin"].join(delimiter);
  expect((await pulumiOnPath(path)).languageHost).toBe(false);
  await install("pulumi-language-nodejs", "");
  expect(await pulumiOnPath(path)).toEqual({ version: "v3.274.1", languageHost: true });
});

test.each([
  ["kwok", { file: undefined }, "kwok not on PATH"],
  ["etcd", { version: "3.4.9" }, "etcd on PATH is 3.4.9, not 3.5.0 or later"],
  ["kubectl", { version: "" }, "kubectl on PATH states no version, not 1.31.0 or later"],
])("Kubernetes on PATH is used, unless %s is %o", (name, other, missing) => {
  const all = programNames.map((name) => {
    const version = { etcd: "3.5.0", kwok: "v0.8.0" }[name as string] ?? "v1.34.2";
    return { name, version, file: `/bin/${name}` };
  });
  const files = Object.fromEntries(all.map(({ name, file }) => [name, file]));
  expect(usablePrograms(all)).toEqual({ part: { files, version: "v1.34.2" } });
  const changed = all.map((one) => (one.name === name ? { ...one, ...other } : one));
  expect(usablePrograms(changed)).toEqual({ missing });
});
