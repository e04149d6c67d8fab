import { providerOf } from "../step";
import { mongoDBCheck } from "./kubernetes/check";
import { mongoDBReady } from "./kubernetes/ready";
import { logIn } from "./log-in";
import { generatedPassword } from "./password";
import { serverCheck } from "./server/check";

/** The cluster's dynamic providers by step kind. */
export const providers = {
  GeneratedPassword: providerOf(generatedPassword),
  MongoDBCheck: providerOf(mongoDBCheck),
  MongoDBReady: providerOf(mongoDBReady),
  LogIn: providerOf(logIn),
  ServerCheck: providerOf(serverCheck),
};
