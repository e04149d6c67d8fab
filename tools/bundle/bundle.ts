import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { repository } from "../parts";
import { noticesFile, thirdPartyNotices } from "./notices";

/**
 * Bundles the command line into one file that needs Node.js 22.12 and no packages, for the image, with the
 * notices of its packages beside it. The driver's optional packages (zstd, Snappy, Kerberos, client-side
 * encryption, cloud authentication) are left out; the driver names the one that a connection string needs.
 *
 * @param folder for both files; created if missing
 * @returns the bundle's path, which the Dockerfile names too
 * @throws Error if the sources cannot be bundled (details on standard error), or a package has no licence text;
 *   then nothing is written
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
    // Keeps names of classes and functions in errors and stack traces.
    keepNames: true,
    platform: "node",
    target: "node22.12",
    // esbuild cannot follow the `require` calls in jsonc-parser's `main`.
    mainFields: ["module", "main"],
    logLevel: "warning",
  });
  const notices = thirdPartyNotices(Object.keys(metafile.inputs), repository);
  mkdirSync(folder, { recursive: true });
  for (const { path, contents } of outputFiles) writeFileSync(path, contents);
  writeFileSync(join(folder, noticesFile), notices);
  return outfile;
}
