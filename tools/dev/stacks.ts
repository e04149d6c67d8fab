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
