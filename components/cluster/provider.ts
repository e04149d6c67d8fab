import { providerOf } from "../step";
import { connectionStrings } from "./connection-strings";
import { mongoDBReady } from "./kubernetes/ready/provider";
import { generatedPassword } from "./password";
import { serverCheck } from "./server/provider";

/** The dynamic providers of the cluster, by the kind that the shim names. */
export const providers = {
  GeneratedPassword: providerOf(generatedPassword),
  ConnectionStrings: providerOf(connectionStrings),
  MongoDBReady: providerOf(mongoDBReady),
  ServerCheck: providerOf(serverCheck),
};
