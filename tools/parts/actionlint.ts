import { join } from "node:path";
import { executable } from "./executable";
import { goBuild, goSource } from "./go";
import { answerOf } from "./run";
import { type Answer, choose } from "./sources";
import { versions } from "./versions";

const module = "github.com/rhysd/actionlint";

/**
 * The file of actionlint, which checks workflows: the one on PATH where it has the version that is
 * pinned here, because another one finds other things; else a build from pinned Go modules, kept in
 * the user's cache folder.
 *
 * @throws PartError if there is no way to one, with what can be installed
 */
export async function actionlint(): Promise<string> {
  const build = await goSource({
    name: `actionlint-${versions.actionlint}`,
    modules: ["actionlint"],
    madeFrom: [versions.actionlint],
    doing: `building ${versions.actionlint} from Go modules (10 s to a minute, once)`,
    fill,
    partIn: (folder) => join(folder, "actionlint"),
  });
  return choose(
    "actionlint",
    actionlintOnPath,
    [build],
    `Install actionlint ${versions.actionlint} (https://github.com/rhysd/actionlint) or Go ` +
      "(https://go.dev/dl/), and run this again",
  );
}

/** The actionlint on PATH, if it is the version that is pinned; else why not. */
export async function actionlintOnPath(path = process.env.PATH ?? ""): Promise<Answer<string>> {
  const file = executable("actionlint", path);
  if (file === undefined) return { missing: "not on PATH" };
  const [version = "of no known version"] = (await answerOf(file, "--version"))?.split("\n") ?? [];
  if (version.replace(/^v?/, "v") === versions.actionlint) return { part: file };
  return { missing: `the one on PATH is ${version}, not ${versions.actionlint}` };
}

async function fill(aside: string): Promise<void> {
  const build = {
    module: "actionlint",
    title: `actionlint ${versions.actionlint}`,
    packages: [`${module}/cmd/actionlint`],
    stamps: [`${module}.version=${versions.actionlint.slice(1)}`],
  };
  await goBuild(build, aside);
}
