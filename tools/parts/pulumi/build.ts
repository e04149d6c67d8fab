import { existsSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import { arch, platform } from "node:os";
import { join } from "node:path";
import { fillOnce, partFolder } from "../cache";
import { goBuild, noGo } from "../go";
import { repository, textOf } from "../repository";
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
export async function pulumiBuild(): Promise<Source<string>> {
  const sums = await Promise.all(programs.map(({ name }) => textOf("tools", "go", name, "go.sum")));
  const stated = programs.map(({ module, version }) => `${module}@${version}`);
  const madeFrom = ["build", platform(), arch(), ...stated, ...sums];
  const folder = partFolder(`pulumi-${versions.pulumi}`, madeFrom);
  return {
    kept: () => Promise.resolve(existsSync(folder) ? folder : undefined),
    closed: noGo,
    doing: `building ${versions.pulumi} from Go modules (4 to 10 min, once)`,
    async get() {
      await fillOnce(folder, fill);
      return folder;
    },
  };
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
