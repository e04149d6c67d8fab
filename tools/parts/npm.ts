import { partFolder } from "./cache";
import { showProgress } from "./progress";
import { executable, longWork } from "./run";
import { cached, type Source } from "./sources";

/** A part that is an npm package. */
interface NpmPart<T> {
  /** The package's name. */
  readonly name: string;
  /** Such as `2.12.0`. */
  readonly version: string;
  /** The duration of the installation, for progress lines. */
  readonly time: string;
  /** The part in the folder that has `node_modules`. */
  readonly partIn: (folder: string) => T;
}

/**
 * A source that installs an npm package into the user's cache folder, without install scripts. Few runs need it,
 * so it is not a dependency of the repository.
 */
export function npmSource<T>({ name, version, time, partIn }: NpmPart<T>): Source<T> {
  const few = ["--ignore-scripts", "--no-package-lock", "--no-audit", "--no-fund"];
  // Without a network, npm retries each package for minutes unless it is cached.
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
