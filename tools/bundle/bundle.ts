import { join } from "node:path";
import { buildSync } from "esbuild";
import { repository } from "../parts";

/**
 * Makes the command line one file that needs Node.js 22.12 and no packages: what a container for a
 * Kubernetes Job runs. The driver's optional packages (zstd and Snappy compression, Kerberos,
 * client-side encryption, the clouds' own authentication) are not in it: the driver names the one
 * it misses where a connection string asks for it.
 *
 * @param folder where it is written; made where it is missing
 * @returns the file's path; the Dockerfile names it too
 * @throws Error where the sources cannot be bundled; what is wrong is on standard error by then
 */
export function bundle(folder: string): string {
  const outfile = join(folder, "taskrunner-storage.cjs");
  buildSync({
    entryPoints: [join(repository, "cli/index.ts")],
    outfile,
    bundle: true,
    platform: "node",
    target: "node20",
    // The `main` of jsonc-parser requires its parts in a way that cannot be followed.
    mainFields: ["module", "main"],
    logLevel: "warning",
  });
  return outfile;
}
