import { readdirSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import mermaid from "mermaid";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { atlasActions } from "../components/cluster/atlas/users";
import { applicationRole, migratorRole, type DatabaseRole } from "../components/contract";
import { rules as waitRules } from "../components/cluster/kubernetes/ready/api";
import { storageRules } from "../components/cluster/kubernetes/storage";
import type { Rule } from "../components/kubernetes";
import { rules as jobRules } from "../components/step/jobs";
import { rules as podRules } from "../components/rollout/pods/rules";
import { rules as policyRules } from "../policy/rules";
import { generatedFiles } from "../tools/docs/generated";
import { diagramsIn } from "../tools/gallery/page";
import { documentOptions } from "./contract/options";

const root = resolve(__dirname, "..");
const page = (name: string) => readFileSync(resolve(root, name), "utf8");
const stackFiles = readdirSync(root).filter((name) => /^Pulumi\..+\.yaml$/.test(name));

it.each(Object.entries(generatedFiles()))("%s is what `make docs` writes", (name, text) => {
  expect(page(name)).toBe(text);
});

it("docs/settings.md and the schema say what each setting means", () => {
  const rows = page("docs/settings.md").match(/^\| .* \|$/gm) ?? [];
  expect(rows.length).toBeGreaterThan(150);
  expect(rows.filter((row) => /\|\s*\|$/.test(row))).toEqual([]);
});

it.each(stackFiles)("%s names the schema of the settings in its first line", (name) => {
  const [, path = ""] = /^# yaml-language-server: \$schema=(\S+)\n/.exec(page(name)) ?? [];
  expect(resolve(dirname(resolve(root, name)), path)).toBe(resolve(root, "schema/settings.json"));
});

it.each(["README.md", "docs/migration.md"])("%s names the privileges of both roles", (name) => {
  const text = page(name).replaceAll("\n", " ");
  const roles = [migratorRole("d"), applicationRole("d", documentOptions)];

  for (const { privileges } of roles) {
    const actions = privileges[0]?.actions ?? [];
    for (const action of actions) expect(text).toContain(`\`${action}\``);
  }
});

describe("the section on Atlas of docs/cluster.md", () => {
  const section = (title: string) =>
    page("docs/cluster.md").split("## Atlas")[1]?.split(`### ${title}`)[1]?.split("\n### ")[0] ??
    "";

  it("has the actions of both roles", () => {
    const row = (user: string, on: string, role: DatabaseRole) =>
      `| ${user} | ${on} | ${atlasActions(role)
        .map(({ action }) => `\`${action}\``)
        .join(", ")} |`;

    expect(section("Least privilege")).toContain(
      [
        row("migrator", "the database", migratorRole("d")),
        row("application", "the four collections", applicationRole("d", documentOptions)),
      ].join("\n"),
    );
  });
});

it.each([
  ["docs/rollout.md", "the steps on the services' pods", podRules],
  ["docs/cluster.md", "the wait for MongoDB and a refresh", [...waitRules, ...storageRules]],
])("%s has the rules that %s need", (name, _, rules) => {
  const row = ({ apiGroups: [group], resources, verbs }: Rule) =>
    `| ${group ? `\`${group}\`` : "core"} | ${named(resources)} | ${named(verbs)} |`;
  const named = (words: readonly string[]) => words.map((word) => `\`${word}\``).join(", ");
  const table = /\| API group.*\n(?:\|.*\n)*/.exec(page(name))?.[0] ?? "";

  expect(table.trim().split("\n").slice(2)).toEqual(rules.map(row));
});

it("docs/jobs.md has the Role that Jobs need", () => {
  const [, role = ""] = /```yaml\n([^]*?)```/.exec(page("docs/jobs.md")) ?? [];
  expect((parse(role) as { rules: unknown }).rules).toEqual(jobRules);
});

it("docs/policy.md has every rule of the pack, with its level and its words", () => {
  const level = "mandatory for production, else advice";
  const rows = [...page("docs/policy.md").matchAll(/^\| `[^]*?\|$/gm)].map(([row]) => row);

  expect(rows).toEqual(
    policyRules.map(({ name, asks, why }) => `| \`${name}\` | ${level} | ${asks} | ${why} |`),
  );
});

describe("the diagrams in docs/", () => {
  const names = readdirSync(resolve(__dirname, "../docs")).filter((name) => name.endsWith(".md"));
  const diagrams = names.flatMap((name) =>
    diagramsIn(page(`docs/${name}`)).map((text) => [name, text] as const),
  );

  it("are there", () => {
    expect(diagrams.map(([name]) => name)).toContain("runbook.md");
  });

  it.each(diagrams)("of %s are what Mermaid reads", async (_name, text) => {
    await expect(mermaid.parse(text)).resolves.toMatchObject({ diagramType: "sequence" });
  });
});
