import { join, relative } from "node:path";

/** A command that cannot go on. The message says what was found and what to do. */
export class DevError extends Error {
  override readonly name = "DevError";
}

/** A stack of this machine. */
export interface DevStack {
  /** Its name, and that of its settings, `Pulumi.<name>.yaml`. */
  readonly name: string;
  /** The port of its embedded MongoDB in the committed settings. */
  readonly mongoPort: number;
  /** Worker and web are releases on a Kubernetes of its own. */
  readonly kubernetes: boolean;
}

export const stacks = {
  /** Worker and web are values files. On the document's port ("Configuration reference"). */
  dev: { name: "dev", mongoPort: 27017, kubernetes: false },
  /** Worker and web run on a control plane of this machine, as an environment in production. */
  local: { name: "local", mongoPort: 27117, kubernetes: true },
} as const satisfies Record<string, DevStack>;

/** The command by which a stack gets to a make target. */
export function makeCommand(target: string, { name }: DevStack): string {
  return name === stacks.dev.name ? `make ${target}` : `make ${target} STACK=${name}`;
}

/** Where everything of a stack of this machine is; absolute paths. */
export interface DevPaths {
  readonly stack: DevStack;
  /** The root of the repository, with the committed settings and the sample. */
  readonly repository: string;
  /** All that the commands write: `.dev`, or for another stack than dev a folder in it. */
  readonly dev: string;
  readonly mongoData: string;
  readonly mongoLog: string;
  /** Which server was started, in JSON. */
  readonly mongoPid: string;
  /** The control plane, of a stack that has one. */
  readonly cluster: string;
  /** The filesystem stores of worker and web. */
  readonly state: string;
  /** The values files of worker and web, of a stack whose services are not releases. */
  readonly rollout: string;
  /** The settings of the stack as the engine reads them. */
  readonly settings: string;
  readonly committedSettings: string;
}

export function devPaths(root: string, stack: DevStack = stacks.dev): DevPaths {
  const dev = stack.name === stacks.dev.name ? join(root, ".dev") : join(root, ".dev", stack.name);
  return {
    stack,
    repository: root,
    dev,
    mongoData: join(dev, "mongo"),
    mongoLog: join(dev, "mongo.log"),
    mongoPid: join(dev, "mongo.pid"),
    cluster: join(dev, "cluster"),
    state: join(dev, "taskrunner"),
    rollout: join(dev, "rollout"),
    settings: join(dev, `Pulumi.${stack.name}.yaml`),
    committedSettings: join(root, "tools", "dev", `Pulumi.${stack.name}.yaml`),
  };
}

/** A path as people see it: from the root of the repository on. */
export function showPath({ repository }: DevPaths, path: string): string {
  return relative(repository, path);
}
