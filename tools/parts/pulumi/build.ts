import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { goBuild, goSource } from "../go";
import { repository } from "../repository";
import type { Source } from "../sources";
import { versions } from "../versions";

/** A program that is built from a Go module of tools/go, which has the program's name. */
interface GoProgram {
  readonly name: string;
  readonly module: string;
  readonly version: string;
}

const sdk = "github.com/pulumi/pulumi/sdk/v3";
const programs: readonly GoProgram[] = [
  {
    name: "pulumi-language-nodejs",
    module: `${sdk}/nodejs/cmd/pulumi-language-nodejs`,
    version: versions.languageHost,
  },
  {
    name: "pulumi",
    module: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
    version: versions.pulumi,
  },
];

/** The host of dynamic providers, a script that the npm package of Pulumi's SDK brings. */
const dynamicHost = "pulumi-resource-pulumi-nodejs";

/** The folder of a Pulumi that is built here, laid out as a distribution's. */
export function pulumiBuild(): Promise<Source<string>> {
  return goSource({
    name: `pulumi-${versions.pulumi}`,
    modules: programs.map(({ name }) => name),
    madeFrom: programs.map(({ module, version }) => `${module}@${version}`),
    doing: `building ${versions.pulumi} from Go modules (4 to 10 min, once)`,
    fill,
    partIn: (folder) => folder,
  });
}

async function fill(aside: string): Promise<void> {
  for (const { name, module, version } of programs) {
    const stamps = [`${sdk}/go/common/version.Version=${version}`];
    await goBuild({ module: name, title: `${name} ${version}`, packages: [module], stamps }, aside);
  }
  // Beside the CLI it counts as part of it; from elsewhere on PATH every run would warn about it.
  await copyFile(
    join(repository, "node_modules", "@pulumi", "pulumi", dynamicHost),
    join(aside, dynamicHost),
  );
}
