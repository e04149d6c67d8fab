import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, it } from "vitest";
import { applicationRole, migratorRole } from "../components/migration";
import { collectionsPage } from "../docs/collections";
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
