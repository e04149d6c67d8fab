import { executable } from "./executable";
import { goProgram } from "./go";
import { answerOf } from "./run";
import { type Answer, choose } from "./sources";
import { versions } from "./versions";

/** A program of `make lint` that is a Go module. Another version of it finds other things. */
export interface Checker {
  /** The program's name, and that of its module in tools/go. */
  readonly name: string;
  /** Such as `v1.7.12`. */
  readonly version: string;
  readonly module: string;
  /** The variable that is set to the version at link time, as the program's own releases do. */
  readonly stamp: (version: string) => string;
  /** How long a build takes. */
  readonly time: string;
}

/** Checks workflows. */
export const actionlintChecker: Checker = {
  name: "actionlint",
  version: versions.actionlint,
  module: "github.com/rhysd/actionlint",
  stamp: (version) => `github.com/rhysd/actionlint.version=${version.slice(1)}`,
  time: "10 s to a minute",
};

/** Checks prose. */
export const valeChecker: Checker = {
  name: "vale",
  version: versions.vale,
  module: "github.com/vale-cli/vale/v3",
  stamp: (version) => `main.version=${version}`,
  time: "one to four minutes; it needs a C compiler",
};

/** The file of actionlint. @throws PartError if there is no way to one */
export const actionlint = () => checkerFile(actionlintChecker);

/** The file of Vale. @throws PartError if there is no way to one */
export const vale = () => checkerFile(valeChecker);

/**
 * The file of a checker: the one on PATH if it has the version that is pinned here; else a build from
 * pinned Go modules, kept in the user's cache folder.
 *
 * @throws PartError if there is no way to one, with what can be installed
 */
async function checkerFile(checker: Checker): Promise<string> {
  const { name, version, module, stamp, time } = checker;
  const build = {
    module: name,
    title: `${name} ${version}`,
    packages: [`${module}/cmd/${name}`],
    stamps: [stamp(version)],
  };
  return choose(
    name,
    () => checkerOnPath(checker),
    [await goProgram(version, build, time)],
    `Install ${name} ${version} (https://${module.replace(/\/v\d+$/, "")}) or Go (https://go.dev/dl/), and ` +
      "run this again",
  );
}

/** The checker on PATH, if it is the version that is pinned; else why not. */
export async function checkerOnPath(
  { name, version: pinned }: Checker,
  path = process.env.PATH ?? "",
): Promise<Answer<string>> {
  const file = executable(name, path);
  if (file === undefined) return { missing: "not on PATH" };
  const [first = ""] = (await answerOf(file, "--version"))?.split("\n") ?? [];
  const version = /v?\d+\.\d+\S*/.exec(first)?.[0] ?? "of no known version";
  if (version.replace(/^v?/, "v") === pinned) return { part: file };
  return { missing: `the one on PATH is ${version}, not ${pinned}` };
}
