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
  "components/provider.d.cts",
  "components/step/engine.cjs",
  "docs/json",
  "docs/settings.schema.json",
  "policy/bin.cjs",
  "policy/PulumiPolicy.yaml",
  "CHANGELOG.md",
  "LICENSE",
];

/** Which packages only load the repository's TypeScript. */
const loaders = ["tsx", "typescript"];

/** What only the repository's own package.json says. */
const ofRepository = ["private", "scripts", "devDependencies", "prettier"];

/** Where the pages are. npm publishes with provenance only what names the repository that it comes from. */
const { REPOSITORY: home = "https://github.com/OWNER/REPOSITORY" } = process.env;

interface Manifest {
  readonly version: string;
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
  for (const file of copied)
    cpSync(join(repository, file), join(folder, file), { recursive: true });
  const nothing = "// What it loads in the repository is compiled here.\n";
  writeFileSync(join(folder, "components/typescript.cjs"), nothing);
  const manifest = JSON.parse(readFileSync(join(repository, "package.json"), "utf8")) as Manifest;
  const { version } = manifest;
  const json = (value: object) => `${JSON.stringify(value, null, 2)}\n`;
  writeFileSync(join(folder, "package.json"), json(packageManifest(manifest)));
  // Pulumi's library reads the pack's version here.
  const pack = { name: "taskrunner-storage-policy", version, private: true, main: "bin.cjs" };
  writeFileSync(join(folder, "policy/package.json"), json(pack));
  writeFileSync(join(folder, "README.md"), readmeOf(version));
  run("publint", "--strict", folder);
}

/** The package's README, with the files that it includes, and links that lead from npm to this version's pages. */
function readmeOf(version: string): string {
  const text = readFileSync(join(__dirname, "README.md"), "utf8");
  const include = (_: string, file: string) =>
    readFileSync(join(repository, file), "utf8")
      .replaceAll(/^(?=.)/gm, "    ")
      .trimEnd();
  return text
    .replaceAll(/^<!-- (\S+) -->$/gm, include)
    .replaceAll("](../../", `](${home}/blob/v${version}/`);
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
    keywords: ["pulumi", "kind/component", "mongodb", "migration"],
    homepage: `${home}#readme`,
    bugs: `${home}/issues`,
    repository: { type: "git", url: `git+${home}.git` },
    exports: Object.fromEntries(doors) as object,
    sideEffects: false,
    dependencies: Object.fromEntries(all.filter((one) => !isPeer(one))),
    peerDependencies: Object.fromEntries(
      peers.map(([name, version]) => [name, peerRange(name, version)]),
    ),
    peerDependenciesMeta: Object.fromEntries(optional.map((name) => [name, { optional: true }])),
  };
}

/** Later versions of Pulumi's plugin for Kubernetes treat existing objects and nulls in another way (docs/supported.md). */
const peerRange = (name: string, version: string) =>
  name === "@pulumi/kubernetes" ? version : `^${version}`;

function compiledDoor(file: string): string | object {
  if (file.endsWith(".cjs")) return { types: file.replace(/cjs$/, "d.cts"), default: file };
  if (!file.endsWith(".ts")) return file;
  const compiled = file.slice(0, -".ts".length);
  return { types: `${compiled}.d.ts`, default: `${compiled}.js` };
}

const target = join(repository, "dist/package");
makePackage(target);
console.log(target);
