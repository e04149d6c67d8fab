import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { z } from "zod";

/** The file beside the bundle, in the release and in the image. */
export const noticesFile = "THIRD-PARTY-NOTICES";

const manifest = z.object({ name: z.string(), version: z.string(), license: z.string() });

/** A bundled package with its licence and NOTICE. */
interface Bundled extends z.infer<typeof manifest> {
  readonly licences: string;
  readonly notices: string;
}

/**
 * The notices of bundled packages: name, version, licence, and the texts of licence and NOTICE.
 *
 * @param files as in esbuild's metafile; those outside `node_modules` are ignored
 * @param root the folder that `files` are relative to
 * @throws Error with the packages that have no licence text, neither their own nor that of another bundled
 *   version with the same licence
 */
export function thirdPartyNotices(files: readonly string[], root: string): string {
  const folders = files.flatMap(
    (file) => /^.*node_modules\/(@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? [],
  );
  const found = [...new Set(folders)].map((folder) => readPackage(resolve(root, folder)));
  const packages = found.map((one) => ({
    ...one,
    licences:
      one.licences ||
      (found
        .filter(({ name, license }) => name === one.name && license === one.license)
        .find(({ licences }) => licences !== "")?.licences ??
        ""),
  }));
  const titles = packages.map(({ name, version }) => `${name} ${version}`);
  const bare = titles.filter((_, at) => packages[at]?.licences === "");
  if (bare.length > 0) {
    throw new Error(
      `The bundle cannot be given away: no text of the licence of ${bare.join(", ")} was found ` +
        "in the package. Replace the package, or take it out of what the commands import.",
    );
  }
  const sections = packages.map(({ license, licences, notices }, at) =>
    [titles[at], `Licence: ${license}`, "", licences, notices].join("\n").trimEnd(),
  );
  const line = `\n\n${"-".repeat(80)}\n\n`;
  return `${["taskrunner-storage contains these packages.", ...sections.sort()].join(line)}\n`;
}

function readPackage(folder: string): Bundled {
  const text = readFileSync(join(folder, "package.json"), "utf8");
  const textsOf = (names: RegExp) =>
    readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile() && names.test(entry.name))
      .map(({ name }) => readFileSync(join(folder, name), "utf8").trim())
      .join("\n\n");
  const parsed = manifest.safeParse(JSON.parse(text));
  if (!parsed.success)
    throw new Error(`${folder}/package.json states no name, version or licence.`);
  return {
    ...parsed.data,
    licences: textsOf(/^(un)?licen[cs]e|^copying/i),
    notices: textsOf(/^notice/i),
  };
}
