/** What `make package` does: `tsx tools/package/index.ts`. */
import { execFileSync } from "node:child_process";
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { repository } from "../parts";

/** What the package has beside the compiled modules. */
const copied = [
  "cli/bin.cjs",
  "components/node.cjs",
  "components/provider.cjs",
  "components/step/engine.cjs",
  "docs/settings.schema.json",
  "README.md",
  "CHANGELOG.md",
  "LICENSE",
];

/** Which packages only load the repository's TypeScript. */
const loaders = ["tsx", "typescript"];

/** What only the repository's own package.json says. */
const ofRepository = ["private", "scripts", "devDependencies"];

interface Manifest {
  readonly exports: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
}

/**
 * Makes the folder of the npm package: TypeScript below `node_modules` cannot be run, so that it has compiled
 * modules with their declarations, and a package.json that names those.
 *
 * @param folder absolute; emptied first
 * @throws Error if the sources cannot be compiled, or publint refuses the package; both print why
 */
function makePackage(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  const run = (program: string, ...args: readonly string[]) =>
    execFileSync(join(repository, "node_modules/.bin", program), args, { stdio: "inherit" });
  run("tsc", "--project", join(__dirname, "tsconfig.json"), "--outDir", folder);
  for (const file of copied) cpSync(join(repository, file), join(folder, file));
  const nothing = "// What it loads in the repository is compiled here.\n";
  writeFileSync(join(folder, "components/typescript.cjs"), nothing);
  const manifest = JSON.parse(readFileSync(join(repository, "package.json"), "utf8")) as Manifest;
  const text = JSON.stringify(packageManifest(manifest), null, 2);
  writeFileSync(join(folder, "package.json"), `${text}\n`);
  run("publint", "--strict", folder);
}

/**
 * The package's manifest. Pulumi's packages are the program's own, so that there is one SDK in it; those that
 * only some stacks need are optional.
 */
function packageManifest({ exports, dependencies, ...manifest }: Manifest): object {
  const kept = Object.entries(manifest).filter(([key]) => !ofRepository.includes(key));
  const all = Object.entries(dependencies).filter(([name]) => !loaders.includes(name));
  const isPeer = ([name]: readonly [string, string]) => name.startsWith("@pulumi/");
  const peers = all.filter(isPeer);
  const optional = peers.map(([name]) => name).filter((name) => name !== "@pulumi/pulumi");
  const doors = Object.entries(exports).map(([door, file]) => [door, compiledDoor(file)]);
  return {
    ...Object.fromEntries(kept),
    type: "commonjs",
    types: "./components/program.d.ts",
    exports: Object.fromEntries(doors) as object,
    sideEffects: false,
    dependencies: Object.fromEntries(all.filter((one) => !isPeer(one))),
    peerDependencies: Object.fromEntries(
      peers.map(([name, version]) => [name, peerRange(name, version)]),
    ),
    peerDependenciesMeta: Object.fromEntries(optional.map((name) => [name, { optional: true }])),
  };
}

/** Later versions of Pulumi's plugin for Kubernetes treat existing objects and nulls in another way (docs/faq.md). */
const peerRange = (name: string, version: string) =>
  name === "@pulumi/kubernetes" ? version : `^${version}`;

function compiledDoor(file: string): string | object {
  if (!file.endsWith(".ts")) return file;
  const compiled = file.slice(0, -".ts".length);
  return { types: `${compiled}.d.ts`, default: `${compiled}.js` };
}

const target = join(repository, "dist/package");
makePackage(target);
console.log(target);
