import type * as pulumi from "@pulumi/pulumi";

type Provider = Required<Omit<pulumi.dynamic.ResourceProvider, "configure">> & {
  configure(request: pulumi.dynamic.ConfigureRequest): Promise<void>;
};

/**
 * What Pulumi serialises for a dynamic resource: a few lines that load the real provider when a
 * method is called, so that an edited `.ts` file counts at once and the state holds no logic.
 *
 * @param module the file below the project's folder whose `providers` has the real one; this
 *   path is a contract with every existing stack, whose state names it
 * @param kind the provider's name in `providers`
 */
export function shim(module: string, kind: string): pulumi.dynamic.ResourceProvider {
  return {
    configure: (request) => load(module, kind).configure(request),
    check: (olds, news) => load(module, kind).check(olds, news),
    diff: (id, olds, news) => load(module, kind).diff(id, olds, news),
    create: (inputs) => load(module, kind).create(inputs),
    read: (id, props) => load(module, kind).read(id, props),
    update: (id, olds, news) => load(module, kind).update(id, olds, news),
    delete: (id, props) => load(module, kind).delete(id, props),
  };
}

/** Serialised with the shim: it may use nothing but globals (the provider host is plain node). */
function load(module: string, kind: string): Provider {
  const require = process.getBuiltinModule("node:module").createRequire(`${process.cwd()}/`);
  require("tsx/cjs");
  const { providers } = require(`./${module}`) as { providers: Record<string, Provider> };
  const provider = providers[kind];
  if (!provider) throw new Error(`${module} has no dynamic provider named ${kind}`);
  return provider;
}
