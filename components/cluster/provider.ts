import { providerOf } from "../step";
import { mongoDBReady } from "./kubernetes/ready";
import { mongoDBStorage } from "./kubernetes/storage";
import { logIn } from "./log-in";
import { generatedPassword } from "./password";
import { serverCheck } from "./server/provider";

/** The dynamic providers of the cluster, by the kind that the shim names. */
export const providers = {
  GeneratedPassword: providerOf(generatedPassword),
  MongoDBStorage: providerOf(mongoDBStorage),
  MongoDBReady: providerOf(mongoDBReady),
  LogIn: providerOf(logIn),
  ServerCheck: providerOf(serverCheck),
};
