import { partFolder } from "./cache";
import { showProgress } from "./progress";
import { executable, longWork } from "./run";
import { cached, type Source } from "./sources";

/** A part that is a package of npm. */
interface NpmPart<T> {
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
  const few = ["--ignore-scripts", "--no-package-lock", "--no-audit", "--no-fund"];
  // Without a network npm tries each package for minutes, unless its own cache has it.
  const network = ["--prefer-offline", "--fetch-retries=1", "--loglevel=error"];
  const wanted = `${name}@${version}`;
  return cached({
    folder: partFolder(`${name}-${version}`, ["npm", version]),
    closed: () => Promise.resolve(executable("npm") === undefined ? "no npm on PATH" : undefined),
    doing: `installing ${version} from npm (${time}, once)`,
    async fill(aside) {
      const args = ["install", "--prefix", aside, ...few, ...network, wanted];
      const work = () => longWork({ program: "npm", args, directory: aside });
      await showProgress(`installing ${wanted}`, () => "", work);
    },
    partIn,
  });
}
