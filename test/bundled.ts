import { basename, join } from "node:path";
import { build } from "esbuild";
import { repository } from "../tools/parts";

/**
 * Makes a program of the tests one file, because processes that are started often would compile its
 * sources each time.
 *
 * @param program below the repository
 * @param folder where the file is written; made where it is missing
 * @returns the file's path
 */
export async function bundled(program: string, folder: string): Promise<string> {
  const outfile = join(folder, basename(program).replace(/\.ts$/, ".cjs"));
  await build({
    entryPoints: [join(repository, program)],
    outfile,
    bundle: true,
    platform: "node",
    target: "node20",
    // As in tools/bundle: jsonc-parser's `main` requires its parts in a way that cannot be followed.
    mainFields: ["module", "main"],
  });
  return outfile;
}
