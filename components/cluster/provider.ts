import { providerOf } from "../step";
import { mongoDBCheck } from "./kubernetes/check";
import { mongoDBReady } from "./kubernetes/ready";
import { logIn } from "./log-in";
import { generatedPassword } from "./password";
import { serverCheck } from "./server/check";

/** The dynamic providers of the cluster, by the kind that the shim names. */
export const providers = {
  GeneratedPassword: providerOf(generatedPassword),
  MongoDBCheck: providerOf(mongoDBCheck),
  MongoDBReady: providerOf(mongoDBReady),
  LogIn: providerOf(logIn),
  ServerCheck: providerOf(serverCheck),
};
