import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { repository } from "../parts";
import { noticesFile, thirdPartyNotices } from "./notices";

/**
 * Makes the command line one file that needs Node.js 22.12 and no packages: what a container for a
 * Kubernetes Job runs; beside it the notices of the packages in it. The driver's optional packages (zstd
 * and Snappy compression, Kerberos, client-side encryption, the clouds' own authentication) are not in
 * it: the driver names the one it misses where a connection string asks for it.
 *
 * @param folder where both are written; made where it is missing
 * @returns the file's path; the Dockerfile names it too
 * @throws Error where the sources cannot be bundled; what is wrong is on standard error by then.
 *   Where a package has no text of its licence; then nothing is written
 */
export function bundle(folder: string): string {
  const outfile = join(folder, "taskrunner-storage.cjs");
  const { metafile, outputFiles } = buildSync({
    absWorkingDir: repository,
    entryPoints: [join(repository, "cli/index.ts")],
    outfile,
    bundle: true,
    write: false,
    metafile: true,
    minify: true,
    // Errors and stack traces name classes and functions.
    keepNames: true,
    platform: "node",
    target: "node22.12",
    // The `main` of jsonc-parser requires its parts in a way that cannot be followed.
    mainFields: ["module", "main"],
    logLevel: "warning",
  });
  const notices = thirdPartyNotices(Object.keys(metafile.inputs), repository);
  mkdirSync(folder, { recursive: true });
  for (const { path, contents } of outputFiles) writeFileSync(path, contents);
  writeFileSync(join(folder, noticesFile), notices);
  return outfile;
}
