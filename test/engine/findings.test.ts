import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { execa } from "execa";
import { beforeAll, expect, it } from "vitest";
import { readPreview, redactor } from "../../components/review";
import { codes } from "../../components/text";
import { bundledCommands } from "../cli/bundled";
import { makeProject } from "../project";
import { makeStack, type TestStack } from "./stack";
import { allowForEngine } from "./stacks";

allowForEngine();

const program = `
import { Config } from "@pulumi/pulumi";
import { StepResource } from "./components/step/program";
import { printed } from "./test/engine/printed/provider";

new StepResource(printed, "printed", { turn: new Config().requireNumber("turn") }, {});
`;

let stack: TestStack;
let preview: string;
beforeAll(async () => {
  const project = await makeProject(program);
  stack = await makeStack("test", project.folder);
  await stack.configure({ turn: 1 });
  const { failed, output } = await stack.up();
  expect(failed, output).toBe(false);
  await stack.configure({ turn: 2 });
  preview = (await stack.previewAsJson()).output;
  await writeFile(join(stack.folder, "preview.json"), preview);
  return async () => {
    await stack.remove();
    await project.remove();
  };
});

const text = (severity: string, code: string) =>
  `Found ${severity} of ${code}:\n  the second line [${severity === "stop" ? "stop: " : ""}${code}]`;
const expected = codes.flatMap((code) => [
  { stops: true, code, text: `\`pulumi up\` will stop here. ${text("stop", code)}` },
  { stops: false, code, text: text("warn", code) },
]);

/** Runs a command beside the preview, with the played `pulumi`. */
const command = (...args: string[]) =>
  execa("node", [bundledCommands(), ...args], {
    cwd: stack.folder,
    env: { PATH: [join(stack.folder, "played"), process.env.PATH].join(delimiter) },
    reject: false,
  });

it("a finding of several lines keeps its lines, code and severity", () => {
  const { messages } = readPreview(preview, redactor([]));
  const found = messages.map(({ stops, code, text }) => ({ stops, code, text }));
  expect(found).toHaveLength(expected.length);
  expect(found).toEqual(expect.arrayContaining(expected));
});

it("the comment blocks on a stop of several lines, and shows each line", async () => {
  const { stdout } = await command("comment", "--json", "--preview", "preview.json");
  const { level, body } = JSON.parse(stdout) as { level: string; body: string };
  expect(level).toBe("blocked");
  for (const code of codes) expect(body).toContain(`Found stop of ${code}:\n  the second line`);
});

it("an approval names each finding by its code", async () => {
  await command("comment", "--preview", "preview.json", "--save-approval", "approval.json");
  const approved = JSON.parse(
    await readFile(join(stack.folder, "approval.json"), "utf8"),
  ) as string[];
  for (const code of codes) {
    expect(approved).toContain(`stop ${code} on the stack`);
    expect(approved).toContain(`warning ${code} on the stack`);
  }
  expect(approved.join()).not.toContain("without a code");
});

it("`preview` ends with 3", async () => {
  const bin = join(stack.folder, "played");
  await mkdir(bin);
  await writeFile(join(bin, "pulumi"), `#!/bin/sh\ncat "${stack.folder}/preview.json"\n`);
  await chmod(join(bin, "pulumi"), 0o755);
  const { exitCode, stdout } = await command("preview", "--settings", "none.yaml");
  expect(stdout).toContain("It will stop:");
  expect(exitCode).toBe(3);
});
