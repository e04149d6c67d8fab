/** What the engine's lines for a resource load by the package's name (`shim`, step/program.ts). */
require("./node.cjs");
require("./typescript.cjs");
const endWithEngine = require("./step/engine.cjs");

/**
 * Loads a dynamic provider.
 *
 * @param module whose `providers` has it, such as `components/migration/provider`
 */
exports.load = function load(module, kind) {
  // The engine starts the host of dynamic providers with its address.
  endWithEngine(process.argv[2]);
  const provider = require(`../${module}`).providers[kind];
  if (!provider) throw new Error(`${module} has no dynamic provider named ${kind}`);
  return provider;
};
