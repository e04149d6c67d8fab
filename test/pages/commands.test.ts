import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { listPages } from "../../tools/lint/pages";
import { repository } from "../../tools/parts";
import { blocksOf, inlineOf, scriptsIn, startsWith } from "./blocks";
import { makeChecker, unchecked, type Checker } from "./checks";
import { commandsIn } from "./shell";

const pages = listPages();
const read = (name: string) => readFileSync(join(repository, name), "utf8");

let checker: Checker;
beforeAll(async () => {
  checker = await makeChecker();
});

describe("the commands of", () => {
  it.each(pages)("%s exist, with their options", async (name) => {
    const page = read(name);
    const problems: string[] = [];
    for (const block of blocksOf(page)) {
      const scripts = scriptsIn(block, checker.known);
      if (!scripts) problems.push(`line ${block.line}: neither commands nor data`);
      for (const script of scripts ?? [])
        problems.push(...(await checker.problemsOf(script, true)));
    }
    for (const code of inlineOf(page)) {
      if (startsWith(code, checker.programs))
        problems.push(...(await checker.problemsOf(code, false)));
    }
    expect(problems).toEqual([]);
  });

  it("all blocks are many", () => {
    const scripts = pages.flatMap((name) =>
      blocksOf(read(name)).flatMap((block) => scriptsIn(block, checker.known) ?? []),
    );
    expect(scripts.flatMap(commandsIn).length).toBeGreaterThan(150);
  });
});

it.each([
  "make upp",
  "npx taskrunner-storage verfy",
  "npx taskrunner-storage verify --stat DIR",
  "npx taskrunner-storage comment",
  "npx frobnicate",
  "pulumi config sett storageMode mongo",
  "pulumi config set --path cluster.passwordVersions 2",
  "pulumi stack export --fil before.json",
  "pulumi stack export --file",
  "kubectl gett pods",
  "kubectl --namespace NAMESPACE get pods --selektor app",
  "helm upgrade --instal worker chart",
  "npm ci --omits=dev",
  "git merg main",
  "cd deploy && frobnicate",
  'export AT="$(pulumi stack outputs)"',
  "if test -f plan.json; then pulumi upp; fi",
])("finds what is wrong in: %s", async (script) => {
  expect(await checker.problemsOf(script, true)).toHaveLength(1);
});

it("asks what a block is that holds neither commands nor data", () => {
  const scripts = (text: string, language = "") =>
    scriptsIn({ line: 1, language, text }, checker.known);

  expect(scripts("frobnicate --all now")).toBeUndefined();
  expect(scripts("make up", "cobol")).toBeUndefined();
  expect(scripts("kind: atlas\nimport: true")).toEqual([]);
  expect(scripts("script:\n  - npm ci\n  - |\n    make up")).toEqual(["npm ci", "make up\n"]);
  expect(scripts("$ make up\nUp in 3 s.\n$ make down")).toEqual(["make up", "make down"]);
});

it("leaves out only commands that a page has", () => {
  const all = pages.map(read).join("\n");
  expect(unchecked.filter((command) => !all.includes(command))).toEqual([]);
});
