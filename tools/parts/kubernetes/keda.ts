import { rename } from "node:fs/promises";
import { join } from "node:path";
import { PartError } from "../error";
import { goBuild, goSource, findModule } from "../go";
import { choose } from "../sources";
import { versions } from "../versions";

const module = "github.com/kedacore/keda/v2";
const advice = "Install Go (https://go.dev/dl/), and run this again";

/** KEDA's operator, and the folder of the definitions of its kinds. */
export interface Keda {
  readonly operator: string;
  readonly definitions: string;
}

/**
 * KEDA: a build from pinned Go modules, kept in the user's cache folder.
 *
 * @throws PartError if there is no Go, or no module of KEDA
 */
export async function keda(): Promise<Keda> {
  const source = await goSource({
    name: `keda-${versions.keda}`,
    modules: ["keda"],
    madeFrom: [versions.keda],
    doing: `building ${versions.keda} from Go modules (8 to 15 min, once)`,
    fill,
    partIn: (folder) => join(folder, "keda"),
  });
  const notOnPath = () => Promise.resolve({ missing: "the pinned version is built" });
  const operator = await choose("KEDA", notOnPath, [source], advice);
  const folder = await findModule("keda", module);
  if (folder === undefined) throw new PartError("Go has no files of KEDA. Check its module proxy.");
  return { operator, definitions: join(folder, "config", "crd", "bases") };
}

async function fill(aside: string): Promise<void> {
  const title = `KEDA ${versions.keda}`;
  const stamps = [`${module}/version.Version=${versions.keda.slice(1)}`];
  await goBuild({ module: "keda", title, packages: [`${module}/cmd/operator`], stamps }, aside);
  // As in its image: its requests are recorded under the program's name.
  await rename(join(aside, "operator"), join(aside, "keda"));
}
