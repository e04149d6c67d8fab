import * as pulumi from "@pulumi/pulumi";
import { name } from "../../package.json";
import type { Direction } from "../settings";
import { ProgramError } from "../settings/program";
import { type Finding, formatFinding } from "../text";
import { installPlugin, pluginsOf, type PluginSettings } from "./plugins";
import { type StepKind } from "./step";

export { onlyInstance } from "./step";
export { ProgramError };

/**
 * Refuses settings that need a plugin which the engine does not find and cannot download. Without an engine, as in a
 * test with mocks, nothing is looked for.
 *
 * @param resource that the error is about
 * @throws ProgramError before any step
 */
export function requirePlugins(settings: PluginSettings, resource: pulumi.Resource): void {
  if (!pulumi.runtime.hasEngine()) return;
  const missing = pluginsOf(settings).flatMap((plugin) => installPlugin(plugin) ?? []);
  if (missing.length > 0) throw new ProgramError(missing.join("\n"), resource);
}

/** The inputs of a step as the program gives them, without those that the step finds out itself. */
export type Args<Inputs> = Omit<
  { readonly [Key in keyof Inputs]: pulumi.Input<NonNullable<Inputs[Key]>> | undefined },
  "ended" | "endedAt" | "clusterIdentity" | "instance" | "isPreview"
>;

/**
 * A step as a resource. Its provider is TypeScript of this project: the engine keeps a few lines that
 * load it from its file, so that an edited file counts at once and the state holds no logic.
 */
export class StepResource<Inputs, Results> extends pulumi.CustomResource {
  constructor(
    { name: kind, type, module, results, secrets }: StepKind<Inputs, Results>,
    name: string,
    inputs: Args<Inputs>,
    options: pulumi.CustomResourceOptions,
  ) {
    const outputs = Object.fromEntries([...results, "applied"].map((one) => [one, undefined]));
    const instance = instanceOf(options.parent);
    const preview = pulumi.runtime.isDryRun() && { isPreview: true };
    const all = { ...inputs, ...outputs, instance, ...preview, __provider: shim(module, kind) };
    // A protected environment still replaces what later updates have to replace.
    const merged = { additionalSecretOutputs: [...secrets], protect: false, ...options };
    super(`pulumi-nodejs:dynamic/${type}`, childName(options.parent, name), all, merged);
    // In the state an absent result is null (provider.ts).
    for (const one of results) {
      const own = this as unknown as Record<typeof one, pulumi.Output<object | null | undefined>>;
      own[one] = own[one].apply((value) => value ?? undefined);
    }
  }

  /** An input as of the last run, or a result; undefined until there was one. */
  output<Key extends keyof (Inputs & Results)>(
    key: Key,
  ): pulumi.Output<(Inputs & Results)[Key] | undefined> {
    const outputs = this as unknown as Record<Key, pulumi.Output<(Inputs & Results)[Key]>>;
    return outputs[key];
  }

  /**
   * The direction that the step goes in this update, which a preview knows. If the step is not part of
   * the update (`--target`, `--exclude`), it is the direction that the step went last: what comes after
   * it takes its own direction from here, and so cannot go past it (docs/design.md#one-list-of-steps).
   */
  get lastDirection(): pulumi.Output<Direction> {
    const { direction, applied } = this as unknown as {
      readonly direction: pulumi.Output<Direction>;
      readonly applied: pulumi.Output<boolean | undefined>;
    };
    if (pulumi.runtime.isDryRun()) return direction;
    return pulumi.all([direction, applied, this.urn]).apply(([went, isFinished, urn]) => {
      if (isFinished !== false) return went;
      throw new ProgramError(
        `The last run of ${urn.split("::").at(-1) ?? ""} did not finish, and it is not part of this ` +
          "update. Run `pulumi up` without --target and --exclude.",
        this,
      );
    });
  }
}

/**
 * The lines that the engine keeps for a resource, in the form that Pulumi gives to a serialised provider
 * (`exports.handler`): to serialise one would take half of the program's own time in each preview. They run in the host
 * of dynamic providers, plain Node.js in the project's folder, and load this package by its name.
 */
export function shim(module: string, kind: string): string {
  return `exports.handler = () => {
  const { createRequire } = process.getBuiltinModule("node:module");
  const { load } = createRequire(process.cwd() + "/")("${name}/provider");
  return load(${JSON.stringify(module)}, ${JSON.stringify(kind)});
};
`;
}

/**
 * Logs a finding that no step's `findings` has: of the settings, of another provider's resource, of an output, or, in a
 * preview, of a search in a database. A step would repeat that search in `up`, which asks for its findings too, and it
 * would get a placeholder for a connection string that is not known yet. The engine puts its own `warning: ` before it.
 *
 * @param resource default: the stack
 */
export async function logFinding(finding: Finding, resource?: pulumi.Resource): Promise<void> {
  // Pulumi sends logs in order: a log that waits for a URN holds back all later ones. If the resource itself waits for
  // one of those, none is ever sent.
  if (resource) await new Promise((resolve) => resource.urn.apply(resolve));
  const severity = finding.severity === "info" ? "info" : "warn";
  await pulumi.log[severity](formatFinding(finding), resource);
}

/** The full name of the stack that runs: `ORGANIZATION/PROJECT/STACK`. */
export const stackName = () =>
  [pulumi.getOrganization(), pulumi.getProject(), pulumi.getStack()].join("/");

/** The name of the outermost component around each component: that of the instance. */
const instances = new WeakMap<pulumi.Resource, string>();
const instanceOf = (parent: pulumi.Resource | undefined) => parent && instances.get(parent);

/** The name of a resource below a component, at any depth: `INSTANCE-NAME`, such as `taskrunner-pack_runs`. */
export const childName = (parent: pulumi.Resource | undefined, name: string) =>
  [instanceOf(parent), name].filter(Boolean).join("-");

/** The owner's name on objects outside of the stack: `PROJECT/STACK/INSTANCE`. */
export const ownerOf = (component: pulumi.Resource | undefined) =>
  [pulumi.getProject(), pulumi.getStack(), instanceOf(component)].filter(Boolean).join("/");

/** The options of a component. */
export interface StepOptions extends Omit<pulumi.ComponentResourceOptions, "dependsOn"> {
  /** The dependencies of its resources. */
  readonly dependsOn?: pulumi.Input<pulumi.Resource> | readonly pulumi.Input<pulumi.Resource>[];
}

/**
 * A row of the runbook: a component whose children are its resources. If it has none, or is skipped, the next step
 * waits only for the steps before it.
 */
export abstract class StepGroup extends pulumi.ComponentResource {
  /** The dependencies of the next step. */
  readonly completion: readonly pulumi.Input<pulumi.Resource>[];
  /** The step's own dependencies. */
  protected readonly before: readonly pulumi.Input<pulumi.Resource>[];
  /** The options of its resources: a component's own `dependsOn` does not reach its children. */
  protected readonly ofChildren: pulumi.CustomResourceOptions;

  /**
   * @param name of the instance if no component is around it; otherwise its own in the instance
   *
   * @param isSkipped whether it does nothing in this update, whatever happens to its resources
   */
  constructor(
    type: string,
    name: string,
    { dependsOn = [], ...options }: StepOptions = {},
    { isSkipped = false } = {},
  ) {
    const before: pulumi.Input<pulumi.Resource>[] = [dependsOn].flat();
    const called = childName(options.parent, name);
    super(`taskrunner:storage:${type}`, called, {}, { ...options, dependsOn: before });
    instances.set(this, instanceOf(options.parent) ?? name);
    if (this.getProvider("kubernetes::")) throw new ProgramError(foreignProvider, this);
    this.before = before;
    this.completion = [...(isSkipped ? [] : [this]), ...before];
    this.ofChildren = { parent: this, dependsOn: before };
  }
}

const foreignProvider =
  "The program passes a provider for Kubernetes, which no step would use. Remove it, and name the cluster in " +
  "kubernetes.kubeconfig and kubernetes.context. Nothing was changed.";

/** The options of a step that comes after others; a rollback does not wait for a skipped step. */
export function after(...steps: readonly Pick<StepGroup, "completion">[]) {
  return { dependsOn: [...new Set(steps.flatMap(({ completion }) => completion))] };
}

/**
 * A dependency on values of other resources: what depends on it waits for them, and fails with them. In a preview, which
 * may not know them, nothing waits.
 */
export function valuesKnown(...values: readonly pulumi.Input<unknown>[]) {
  // Wherever the SDK takes a resource it also takes a list of them; its types do not say so.
  return pulumi.all([...values]).apply(() => []) as unknown as pulumi.Output<pulumi.Resource>;
}
