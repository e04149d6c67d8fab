import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { dependencies as askedByExample } from "../examples/package/package.json";
import { dependencies, version } from "../package.json";
import { repository } from "../tools/parts";

it("an installation has at most 650 packages", () => {
  const text = readFileSync(join(repository, "package-lock.json"), "utf8");
  const { packages } = JSON.parse(text) as { packages: object };
  // One entry is the repository itself. Those of other platforms count, although they are not installed.
  const count = Object.keys(packages).length - 1;
  expect(count).toBeGreaterThan(100);
  expect(count).toBeLessThanOrEqual(650);
});

it("what users run imports no package of the tests", async () => {
  const pattern = String.raw`(from|import\(|require\() ?"(@[a-z]|[a-z])[^":]*"`;
  const files = ["index.ts", "components", "cli", "policy"];
  const args = ["grep", "-hoE", pattern, "--", ...files];
  const { stdout } = await execa("git", args, { cwd: repository });
  const imported = stdout.split("\n").map((line) => /"((@[^/]+\/)?[^/"]+)/.exec(line)?.[1] ?? "");
  expect(imported).toContain("@pulumi/policy");
  const names = new Set(Object.keys(dependencies));
  expect([...new Set(imported)].filter((name) => !names.has(name))).toEqual([]);
});

it("the example of a program asks for this version of the package", () => {
  expect(askedByExample["taskrunner-storage"]).toBe(version);
});

it("Dependabot looks where there is something to update", () => {
  const text = readFileSync(join(repository, ".github/dependabot.yml"), "utf8");
  const { updates } = parse(text) as {
    updates: { "package-ecosystem": string; directory?: string; directories?: string[] }[];
  };
  const files: Readonly<Record<string, string>> = {
    npm: "package.json",
    gomod: "go.mod",
    pip: "requirements.txt",
    docker: "Dockerfile",
    "github-actions": "{.github/workflows/*.yml,action.yml}",
  };
  for (const { "package-ecosystem": ecosystem, directory = "", directories } of updates) {
    for (const location of directories ?? [directory]) {
      const looked = join(location.slice(1), files[ecosystem] ?? "?");
      expect(globSync(looked, { cwd: repository }), looked).not.toEqual([]);
    }
  }
});
