import { build } from "esbuild";
import { expect, it } from "vitest";
import { repository } from "../tools/parts";

/** The packages that a module of this project imports, itself or by other modules. */
async function packagesOf(entry: string): Promise<ReadonlySet<string>> {
  const { metafile } = await build({
    absWorkingDir: repository,
    entryPoints: [entry],
    bundle: true,
    write: false,
    metafile: true,
    platform: "node",
    packages: "external",
    outdir: "dist",
    // A call of require() is made when the package is needed; an import is part of each run.
    logLevel: "error",
  });
  const imports = Object.values(metafile.inputs).flatMap((input) => input.imports);
  const atOnce = imports.filter(({ external, kind }) => external && kind === "import-statement");
  return new Set(atOnce.map(({ path }) => path));
}

it("the program imports no SDK for Kubernetes or Atlas, which a stack may not use", async () => {
  const packages = await packagesOf("index.ts");
  expect(packages).toContain("@pulumi/pulumi");
  expect(packages).not.toContain("@pulumi/kubernetes");
  expect(packages).not.toContain("@pulumi/mongodbatlas");
  expect(packages).not.toContain("@kubernetes/client-node");
});

it.each(["cluster", "migration", "transfer", "rollout"])(
  "the provider host does not import the settings' schema by %s",
  async (room) => {
    const packages = await packagesOf(`components/${room}/provider.ts`);
    expect(packages).toContain("mongodb");
    expect(packages).not.toContain("zod");
  },
);
