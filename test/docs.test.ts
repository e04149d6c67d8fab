import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, it } from "vitest";
import { applicationRole, migratorRole } from "../components/migration";
import { collectionsPage } from "../docs/collections";
import { rules } from "../components/rollout/pods/rules";
import { documentOptions } from "./contract/options";

const page = (name: string) => readFileSync(resolve(__dirname, "..", name), "utf8");

interface Role {
  readonly privileges: readonly { readonly actions: readonly string[] }[];
}

it("docs/collections.md is what the contract says", () => {
  expect(page("docs/collections.md")).toBe(collectionsPage());
});

it.each(["README.md", "docs/migration.md"])("%s names the privileges of both roles", (name) => {
  const text = page(name).replaceAll("\n", " ");
  const roles = [migratorRole("d"), applicationRole("d", documentOptions)] as Role[];

  for (const { privileges } of roles) {
    const actions = privileges[0]?.actions ?? [];
    for (const action of actions) expect(text).toContain(`\`${action}\``);
  }
});

it("docs/rollout.md has the rules that the steps on the services' pods need", () => {
  const row = ({ apiGroups: [group], resources, verbs }: (typeof rules)[number]) =>
    `| ${group ? `\`${group}\`` : "core"} | ${named(resources)} | ${named(verbs)} |`;
  const named = (words: readonly string[]) => words.map((word) => `\`${word}\``).join(", ");
  const table = /\| API group[^]*$/.exec(page("docs/rollout.md"))?.[0] ?? "";

  expect(table.trim().split("\n").slice(2)).toEqual(rules.map(row));
});
