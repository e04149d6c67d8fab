/**
 * The local parts: a real Pulumi engine, a real server of MongoDB's protocol, a real control plane of
 * Kubernetes and Helm, had from PATH, an official download or a package registry, and kept in the
 * user's cache folder.
 */
export { type Engine, engine, engineEnvironment, type EngineOptions } from "./pulumi/engine";
export { mongoProgram } from "./mongo/program";
export type { MongoProgram } from "./mongo/server-program";
export { mongosh } from "./mongo/mongosh";
export { type MongoServer, type StartOptions, startMongo } from "./mongo/server";
export { controlPlane, type ControlPlanePrograms } from "./kubernetes/programs";
export {
  type ControlPlane,
  runningControlPlane,
  startControlPlane,
  stopControlPlane,
} from "./kubernetes/control-plane";
export { ownKubelet } from "./kubernetes/arguments";
export { actionlint, vale } from "./checkers";
export { mermaid, type MermaidFiles } from "./mermaid";
export { act, gitea, type GiteaPrograms } from "./forge";
export { helm } from "./kubernetes/helm";
export { type Keda, keda } from "./kubernetes/keda";
export { executable } from "./executable";
export { isFree } from "./port";
export { commandLine, stopByPid } from "./running";
export { say } from "./say";
export { repository } from "./repository";
export { PartError } from "./error";
