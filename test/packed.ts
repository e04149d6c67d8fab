import { join } from "node:path";
import { execa } from "execa";
import { dependencies } from "../package.json";
import { repository } from "../tools/parts/repository";

/** What the package has as optional peers, or not at all. */
const unneeded = ["@pulumi/kubernetes", "@pulumi/mongodbatlas", "tsx"];

/**
 * Builds and packs the package and installs the file in a project, beside those packages only that it and the
 * example name.
 */
export async function installPacked(cwd: string): Promise<void> {
  const env = { REPOSITORY: "https://github.com/o/r" };
  await execa("make", ["package"], { cwd: repository, env });
  const npm = async (...args: string[]) =>
    (await execa("npm", [...args, "--offline", "--no-audit", "--no-fund"], { cwd })).stdout;
  const tarball = await npm("pack", join(repository, "dist/package"), "--silent");
  // Links into the repository's own packages, so that no registry is asked.
  const others = Object.keys(dependencies).filter((name) => !unneeded.includes(name));
  const links = others.map((name) => `${name}@file:${join(repository, "node_modules", name)}`);
  await npm("install", "--ignore-scripts", "--install-links=false", `./${tarball}`, ...links);
}
