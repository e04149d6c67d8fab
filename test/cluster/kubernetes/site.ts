import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ConnectionString } from "mongodb-connection-string-url";
import { makeStack, type EngineRun, type TestStack } from "../../engine/stack";
import { untilStepRuns } from "../../engine/steps";
import { makeProject } from "../../project";
import { operatorChart } from "./definition";
import { playedOperator, type PlayedOperator } from "./played-operator";
import { stackSettings, type Changes } from "./settings";
import { borrowCluster } from "../../pool";
import { breakable } from "../../rollout/pods/breakable";

/** A stack that makes MongoDB by an operator that the test plays, on a real control plane. */
export interface OperatorSite {
  readonly stack: TestStack;
  /** Ends the engine's way to the Kubernetes API. */
  cutOff(): Promise<void>;
  readonly operator: PlayedOperator;
  /** Everything that the engine printed, and each state. */
  readonly printed: readonly string[];
  /** Each password that was generated and asked for. */
  readonly passwords: ReadonlySet<string>;
  configure(changes?: Changes): Promise<void>;
  up(): Promise<EngineRun>;
  /** Keeps what a run printed, and the state that it left. */
  kept(running: Promise<EngineRun>): Promise<EngineRun>;
  uris(): Promise<{ readonly migrator: string; readonly application: string }>;
  /** In MongoDB's namespace. */
  kubectl(...args: string[]): Promise<string>;
  /** The names of the Secrets with the users' passwords. */
  secretsOfUsers(): Promise<string[]>;
  passwordIn(secret: string): Promise<string>;
  /** Waits until the engine has waited for MongoDB for some seconds. */
  waiting(): Promise<void>;
  /** Whether the step that stands for all after MongoDB was done. */
  hasStepAfter(): Promise<boolean>;
  remove(): Promise<void>;
}

/** Makes the site; nothing of MongoDB is there yet. */
export async function makeOperatorSite(namespace: string, name: string): Promise<OperatorSite> {
  const project = await makeProject('export * from "./test/cluster/programs/mongodb";');
  const stack = await makeStack("test", project.folder, { kubernetes: true });
  const controlPlane = await borrowCluster();
  const way = await breakable(controlPlane.port);
  const kubeconfig = join(stack.folder, "kubeconfig");
  const direct = await readFile(controlPlane.kubeconfig, "utf8");
  await writeFile(kubeconfig, direct.replace(`:${controlPlane.port}`, `:${way.port}`));
  const chart = await operatorChart(stack.folder);
  const printed = [] as string[];
  const passwords = new Set<string>();
  const kubectl = (...args: string[]) => controlPlane.kubectl("--namespace", namespace, ...args);
  const kept = async (running: Promise<EngineRun>) => {
    const run = await running;
    printed.push(run.output, await stack.state());
    return run;
  };
  return {
    stack,
    cutOff: way.cut,
    printed,
    passwords,
    kubectl,
    kept,
    operator: playedOperator(kubectl, name),
    configure: (changes = {}) =>
      stack.configure(stackSettings({ kubeconfig, namespace, chart }, changes)),
    up: () => kept(stack.up()),
    uris: async () => {
      const { uri, appUri } = await stack.outputs("--show-secrets");
      const migrator = String(uri);
      const application = String(appUri);
      for (const one of [migrator, application]) passwords.add(new ConnectionString(one).password);
      return { migrator, application };
    },
    secretsOfUsers: async () => {
      const all = await kubectl("get", "secrets", "-o", "name");
      return all.split("\n").filter((one) => one.includes("taskrunner-"));
    },
    passwordIn: async (secret) => {
      const text = await kubectl("get", `secret/${secret}`, "-o", "jsonpath={.data.password}");
      return Buffer.from(text, "base64").toString();
    },
    waiting: async () => {
      await untilStepRuns(stack, "mongodb-ready");
      await sleep(5_000);
    },
    hasStepAfter: async () => (await stack.state()).includes("::after-mongo"),
    remove: async () => {
      await controlPlane.release();
      await stack.remove();
      await project.remove();
    },
  };
}
