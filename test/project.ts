import { copyFile, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { repository } from "../tools/parts/repository";

/** A project of a small program, in a folder of its own. */
export interface TestProject {
  readonly folder: string;
  remove(): Promise<void>;
}

/**
 * Makes a project of another program, which is started as this project's is. It has the project's own
 * components, for the providers of dynamic resources are loaded from below the folder in which a
 * program runs.
 *
 * @param program the text of its index.ts
 */
export async function makeProject(program: string): Promise<TestProject> {
  const folder = await mkdtemp(join(tmpdir(), "project-"));
  for (const name of ["components", "test", "tools", "node_modules", "package.json"]) {
    await symlink(join(repository, name), join(folder, name));
  }
  // Not as links: from the file of a link they would start the repository's own index.ts.
  for (const name of ["Pulumi.yaml", "program.cjs"]) {
    await copyFile(join(repository, name), join(folder, name));
  }
  await writeFile(join(folder, "index.ts"), program);
  return { folder, remove: () => rm(folder, { recursive: true }) };
}
