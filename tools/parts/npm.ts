import { existsSync } from "node:fs";
import { fillOnce, partFolder } from "./cache";
import { executable } from "./executable";
import { withProgress } from "./progress";
import { longWork } from "./run";
import type { Source } from "./sources";

/** A part that is a package of npm. */
export interface NpmPart<T> {
  /** The package's name. */
  readonly name: string;
  /** Such as `2.12.0`. */
  readonly version: string;
  /** How long the installation takes, for the progress. */
  readonly time: string;
  /** The part in the folder that has `node_modules`. */
  readonly partIn: (folder: string) => T;
}

/**
 * The way to a part by an installation from npm into the user's cache folder, with what the package
 * needs: the part is no dependency of this repository, because few runs need it. No install script runs.
 */
export function npmSource<T>({ name, version, time, partIn }: NpmPart<T>): Source<T> {
  const folder = partFolder(`${name}-${version}`, ["npm", version]);
  return {
    kept: () => Promise.resolve(existsSync(folder) ? partIn(folder) : undefined),
    closed: () => Promise.resolve(executable("npm") === undefined ? "no npm on PATH" : undefined),
    doing: `installing ${version} from npm (${time}, once)`,
    async get() {
      await fillOnce(folder, (aside) => install(`${name}@${version}`, aside));
      return partIn(folder);
    },
  };
}

async function install(wanted: string, into: string): Promise<void> {
  const few = ["--ignore-scripts", "--no-package-lock", "--no-audit", "--no-fund"];
  // Without a network npm tries each package for minutes, unless its own cache has it.
  const network = ["--prefer-offline", "--fetch-retries=1", "--loglevel=error"];
  const args = ["install", "--prefix", into, ...few, ...network, wanted];
  const work = () => longWork({ program: "npm", args, directory: into });
  await withProgress(`installing ${wanted}`, () => "", work);
}
