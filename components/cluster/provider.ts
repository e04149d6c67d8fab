import { connectionStrings } from "./connection-strings/provider";
import { generatedPassword } from "./password/provider";
import { providers as kubernetes } from "./kubernetes/ready/provider";
import { providers as server } from "./server/provider";

/**
 * The dynamic providers of the cluster, by the kind that the shim names. The path of this file and
 * these names are a contract with existing stacks: their states load them.
 */
export const providers = {
  GeneratedPassword: generatedPassword,
  ConnectionStrings: connectionStrings,
  ...kubernetes,
  ...server,
};
