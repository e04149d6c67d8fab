import { join, relative } from "node:path";

/** A command that failed. The message says what was found and what to do. */
export class DevError extends Error {
  override readonly name = "DevError";
}

/** A stack on this machine. */
export interface DevStack {
  /** Its name, also in `Pulumi.<name>.yaml`. */
  readonly name: string;
  /** The folder of its committed settings. */
  readonly folder: string;
  /** The port of its embedded MongoDB in the committed settings. */
  readonly mongoPort: number;
  /** Whether worker and web are Helm releases on a Kubernetes of its own. */
  readonly kubernetes: boolean;
}

export const stacks = {
  /** Worker and web are values files; the specification's port ("Configuration reference"). */
  dev: { name: "dev", folder: "", mongoPort: 27017, kubernetes: false },
  /** Worker and web are releases on a local control plane, as in production. */
  local: { name: "local", folder: "tools/dev", mongoPort: 27117, kubernetes: true },
} as const satisfies Record<string, DevStack>;

/** A make target's command for a stack. */
export function makeCommand(target: string, { name }: DevStack): string {
  return name === stacks.dev.name ? `make ${target}` : `make ${target} STACK=${name}`;
}

/** The files of a stack on this machine, as absolute paths. */
export interface DevPaths {
  readonly stack: DevStack;
  /** The repository, with the committed settings. */
  readonly repository: string;
  /** Everything that the commands write: `.dev`, or a folder in it for other stacks. */
  readonly dev: string;
  readonly mongoData: string;
  readonly mongoLog: string;
  /** The running server, as JSON. */
  readonly mongoPid: string;
  /** The control plane, if the stack has one. */
  readonly cluster: string;
  /** The filesystem stores of worker and web. */
  readonly state: string;
  /** The values files of worker and web, if they are not releases. */
  readonly rollout: string;
  /** The working copy of the settings, which the engine reads. */
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
    committedSettings: join(root, stack.folder, `Pulumi.${stack.name}.yaml`),
  };
}

/** A path relative to the repository, for messages. */
export function showPath({ repository }: DevPaths, path: string): string {
  return relative(repository, path);
}
