import { expect, test } from "vitest";
import { readRepositoryFile } from "../../../tools/parts/repository";
import { atLeast, versions } from "../../../tools/parts/versions";

test("versions are compared number by number", () => {
  expect(atLeast("v3.200.0", "3.200.0")).toBe(true);
  expect(atLeast("3.1000.0", "3.200.0")).toBe(true);
  expect(atLeast("3.9.9", "3.200.0")).toBe(false);
  expect(atLeast("8.0", "6.0.0")).toBe(true);
  expect(atLeast("5.0.31", "6.0.0")).toBe(false);
  expect(atLeast("3.11.7", "3.11")).toBe(true);
  expect(atLeast("3.11.0rc1", "3.11")).toBe(true);
});

test("the plugin for Kubernetes is built from the commit of the npm package's version", async () => {
  const module = await readRepositoryFile("tools", "go", "pulumi-resource-kubernetes", "go.mod");
  expect(module).toContain(`-${versions.kubernetesPluginCommit}\n`);
  expect(versions.kubernetesPlugin).toBe("v4.25.0");
});

test("every Python package is pinned to one version", async () => {
  const lines = (await readRepositoryFile("tools", "python", "requirements.txt")).split("\n");
  const packages = lines.filter((line) => line !== "" && !line.startsWith("#"));
  expect(packages.length).toBeGreaterThan(1);
  for (const line of packages) expect(line).toMatch(/^[A-Za-z0-9-]+==[0-9][0-9a-z.]*$/);
});
