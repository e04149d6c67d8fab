import { cp } from "node:fs/promises";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { rules } from "../../policy/rules";
import { makeProject, type TestProject } from "../project";
import { makeStack, type TestStack } from "./stack";
import { allowForEngine } from "./stacks";

const pack = resolve(__dirname, "../../policy/bin.cjs");

allowForEngine();

let program: TestProject;
let prod: TestStack;
let staging: TestStack;
let ours: TestStack;

beforeAll(async () => {
  program = await makeProject('import "./test/policy/program";');
  prod = await makeStack("prod-eu", program.folder);
  staging = await makeStack("staging", program.folder, { beside: prod });
  ours = await makeStack("prod", undefined, { beside: prod });
  await cp("tools/sample/rollout", join(prod.folder, "rollout"), { recursive: true });
});
afterAll(async () => {
  await prod.remove();
  await program.remove();
});

const preview = (stack: TestStack) => stack.pulumi("preview", "--policy-pack", pack);

/** The lines of the engine's list of violations, such as `[mandatory]  tls  (type: name)`. */
const violations = (output: string) =>
  [...output.matchAll(/\[(\w+)\] {2}([\w-]+) {2}\([^)]*: ([\w-]+)\)/g)].map(
    ([, level = "", policy = "", resource = ""]) => ({ level, policy, resource }),
  );

it("every rule is mandatory in production, and names the resource that breaks it", async () => {
  await prod.configure({ broken: "true" });
  const { output, failed } = await preview(prod);

  expect(failed).toBe(true);
  const found = violations(output);
  expect(new Set(found.map(({ level }) => level))).toEqual(new Set(["mandatory"]));
  expect([...new Set(found.map(({ policy }) => policy))].sort()).toEqual(
    Object.values(rules)
      .map(({ name }) => name)
      .sort(),
  );
  for (const { policy, resource } of found) {
    expect(resource).toMatch(new RegExp(`^${policy}`));
  }
  expect(output).toContain("image is not pinned");
  expect(output).not.toContain("geheim");
});

it("elsewhere all of it is advice", async () => {
  await staging.configure({ broken: "true" });
  const { output, failed } = await preview(staging);

  expect(failed).toBe(false);
  const found = violations(output);
  expect(new Set(found.map(({ level }) => level))).toEqual(new Set(["advisory"]));
  expect([...new Set(found.map(({ policy }) => policy))].sort()).toEqual(
    Object.values(rules)
      .map(({ name }) => `${name}-advice`)
      .sort(),
  );
});

it("the program itself passes as production", async () => {
  await ours.configure({
    mongoUri: "mongodb://127.0.0.1:1/taskrunner",
    rollout: { target: "values", directory: join(prod.folder, "rollout"), confirm: "none" },
  });
  const { output, failed } = await preview(ours);

  expect(failed).toBe(false);
  expect(violations(output)).toEqual([]);
  expect(output).toContain("taskrunner-storage@v");
});
