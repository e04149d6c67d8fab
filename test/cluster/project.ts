import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { repository } from "../../tools/parts";

/** A project of a small program, in a folder of its own. */
export interface TestProject {
  readonly folder: string;
  remove(): Promise<void>;
}

/**
 * Makes a project of a program in test/cluster/programs. It has the project's own components, for the
 * providers of dynamic resources are loaded from below the folder in which a program runs.
 */
export async function makeProject(program: string): Promise<TestProject> {
  const folder = await mkdtemp(join(tmpdir(), "project-"));
  const shared = ["components", "test", "tools", "node_modules", "package.json", "tsconfig.json"];
  for (const name of [...shared, "Pulumi.yaml"]) {
    await symlink(join(repository, name), join(folder, name));
  }
  await writeFile(
    join(folder, "index.ts"),
    `export * from "./test/cluster/programs/${program}";\n`,
  );
  return { folder, remove: () => rm(folder, { recursive: true }) };
}
