import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { expect, test } from "vitest";
import { engine, repository } from "../../../tools/parts";
import { versions } from "../../../tools/parts/versions";

/** A part of the plugin's schema. */
interface Schema {
  readonly version: string;
  readonly resources: object;
  readonly language: {
    readonly nodejs: { readonly moduleToPackage: Readonly<Record<string, string>> };
  };
}

test("the plugin has the resources of the npm package of its version, and no others", async () => {
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

  expect(`v${schema.version}`).toBe(versions.kubernetesPlugin);
  expect(ofPlugin.length).toBeGreaterThan(400);
  expect(sorted(ofPackage)).toEqual(sorted(ofPlugin));
});
