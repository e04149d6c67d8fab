/**
 * The local parts: a Pulumi engine, a server with MongoDB's protocol, a Kubernetes control plane and Helm, from
 * PATH, an official download or a package registry, kept in the user's cache folder.
 */
export { type Engine, engine, engineEnvironment, type EngineOptions } from "./pulumi/engine";
export { type MongoProgram, mongoProgram } from "./mongo/program";
export { type MongoServer, type ServerOptions as StartOptions, startMongo } from "./mongo/server";
export { controlPlane, type ControlPlanePrograms } from "./kubernetes/programs";
export {
  type ControlPlane,
  runningControlPlane,
  startControlPlane,
  stopControlPlane,
} from "./kubernetes/control-plane";
export { ownKubelet } from "./kubernetes/arguments";
export { nodePaths } from "./node/configuration";
export { nodeAddress } from "./node/node";
export { whatNodeLacks } from "./node/probe";
export { type ImageContent, imageFromDockerfile, nodeLayer } from "./node/images";
export {
  act,
  actionlint,
  gitea,
  gitlabCiLocal,
  type GiteaPrograms,
  helm,
  type Keda,
  keda,
  mermaid,
  type MermaidFiles,
  mongosh,
} from "./table";
export { executable } from "./run";
export { freePort, isFree } from "./port";
export { commandLine, stopByPid } from "./running";
export { printLine as say } from "./progress";
export { repository } from "./repository";
export { PartError } from "./sources";
