import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { execa } from "execa";
import { expect, it } from "vitest";
import { dependencies } from "../../package.json";
import manifest from "../../policy/package.json";
import { policies, rules } from "../../policy/rules";

const folder = resolve(__dirname, "../../policy");

it("the pack has every rule twice: for production, and as advice elsewhere", () => {
  expect(policies.map(({ name }) => name)).toEqual(
    Object.values(rules).flatMap(({ name }) => [name, `${name}-advice`]),
  );
  for (const { name, enforcementLevel } of policies) {
    const isAdvice = name.endsWith("-advice");
    expect(enforcementLevel === "advisory").toBe(isAdvice);
  }
});

it("the pack needs packages in the versions of the project, and of its rooms only the rollout's door", async () => {
  const text = await readFile(join(folder, "rules.ts"), "utf8");
  const imported = [...text.matchAll(/from "((?!node:)[^"]+)"/g)].map(([, name]) => name);

  const others = imported.filter((name = "") => !(name in manifest.dependencies));
  expect(others).toEqual(["../components/rollout"]);
  expect(dependencies).toMatchObject(manifest.dependencies);
});

// The test on the engine takes the pack's file; a language host that runs packs takes the folder.
it("the folder starts as a language host starts it, and says its port", async () => {
  const host = require.resolve("@pulumi/pulumi/cmd/run-plugin");
  const pack = execa("node", [host, folder, "127.0.0.1:1"], { reject: false });
  const [printed] = (await once(pack.stdout, "data")) as [Buffer];
  pack.kill();
  await pack;

  expect(printed.toString()).toMatch(/^\d+\n$/);
}, 120_000);
