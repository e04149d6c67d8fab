import * as pulumi from "@pulumi/pulumi";

/**
 * A resource whose provider is TypeScript of this project. The engine keeps a few lines that load the
 * provider from its file, so that an edited file counts at once and the state holds no logic.
 *
 * The lines are written here, in the form that Pulumi gives to a serialised provider
 * (`exports.handler`), because to serialise one takes half of the program's own time in each preview:
 * see "Dynamic providers" in Pulumi's documentation, and pulumi/pulumi#10480 for what it cannot do.
 */
export abstract class DynamicResource extends pulumi.CustomResource {
  /**
   * @param provider where the engine finds the provider, by `shim`
   * @param module with `type` the resource's type, `pulumi-nodejs:dynamic/MODULE:TYPE`
   */
  constructor(
    provider: string,
    name: string,
    inputs: pulumi.Inputs,
    options: pulumi.CustomResourceOptions,
    module: string,
    type: string,
  ) {
    const all = { ...inputs, __provider: provider };
    super(`pulumi-nodejs:dynamic/${module}:${type}`, name, all, options);
  }
}

/**
 * The lines that the engine keeps for a resource. They run in the host of dynamic providers, which is
 * plain Node.js in the project's folder.
 *
 * @param module the file below the project's folder whose `providers` has the real one; this path is
 *   a contract with every existing stack, whose state names it
 * @param kind the provider's name in `providers`
 */
export function shim(module: string, kind: string): string {
  return `exports.handler = () => {
  const { createRequire } = process.getBuiltinModule("node:module");
  const require = createRequire(process.cwd() + "/");
  require("./components/typescript.cjs");
  const provider = require(${JSON.stringify(`./${module}`)}).providers[${JSON.stringify(kind)}];
  if (!provider) throw new Error(${JSON.stringify(`${module} has no dynamic provider named ${kind}`)});
  return provider;
};
`;
}
