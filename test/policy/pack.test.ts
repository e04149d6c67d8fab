import { once } from "node:events";
import { resolve } from "node:path";
import { execa } from "execa";
import { expect, it } from "vitest";
import { policies } from "../../policy/policies";
import { rules } from "../../policy/rules";

const folder = resolve(__dirname, "../../policy");

it("the pack has every rule twice: for production, and as advice elsewhere", () => {
  expect(policies.map(({ name }) => name)).toEqual(
    rules.flatMap(({ name }) => [name, `${name}-advice`]),
  );
  for (const { name, enforcementLevel } of policies) {
    const isAdvice = name.endsWith("-advice");
    expect(enforcementLevel === "advisory").toBe(isAdvice);
  }
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
