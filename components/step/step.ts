import type { Finding } from "../text";
import type { JobTarget } from "./jobs";
import type { Direction } from "../settings";

/** The engine's placeholder for a value that is known only in `up`. */
export const unknownValue = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** The name of a stack's only environment, whose `storageMode` is that of the stack's configuration. */
export const onlyInstance = "taskrunner";

export interface StepInputs {
  /** Absent if the step does the same in both directions. */
  readonly direction?: Direction;
  /** The name of the environment to which the step belongs, such as `taskrunner`. */
  readonly instance?: string;
  /** Set in a preview only, for `observes`, `isDue`, `findings` and `describes`; no state has it. */
  readonly isPreview?: true;
}

/** Inputs of a step that works in MongoDB. */
export interface MongoInputs extends StepInputs {
  /** Secret. Absent in a rollback without a connection string in the settings. */
  readonly uri?: string;
  readonly database?: string;
  /** The hosts in `uri`, which a step that a review reads looks up itself; not secret. */
  readonly hosts?: string;
  /** The Job's address. Default: the step runs in the engine. */
  readonly job?: JobTarget;
  /** Set in a Job's pod. */
  readonly isInPod?: true;
}

/** Inputs of a step that runs again in each cutover. */
export interface OncePerCutover {
  /** The setting `cutover`, from 1. */
  readonly cutover: number;
}

/** The hint of a failed drain whose gate is open (`rollout.drain`). */
export const gateStaysOpen = (cutover: number) =>
  `rollout.drain: ${cutover} stays good: the next pulumi up drains the worker at once.`;

/** How a step runs as a Job, with the setting `jobs`. */
export interface JobForm<Inputs, Results> {
  /** How the volume with the state directory is mounted. Default: not mounted. */
  readonly state?: "read" | "write";
  /** Whether an interruption of the engine ends the Job. Default: the engine waits for its end. */
  readonly endsEarly?: true;
  /** Outputs of the last run that the pod needs; never the connection string. */
  readonly priorOutputs?: readonly (keyof (Inputs & Results) & string)[];
  /** Inputs that the pod does not get. */
  readonly engineOnly?: readonly (keyof Inputs & string)[];
  /** A check in the engine, before the Job and after it. @throws Unfinished */
  guard?(inputs: Inputs, state?: StateOf<Inputs, Results>): Promise<void>;
  /** The step's results if its Job failed; undefined fails the step too. */
  onJobFailure?(reasons: readonly string[], state?: StateOf<Inputs, Results>): Results | undefined;
  /** What the Job does forward. Default: the same as the step. */
  forward?(inputs: Inputs, state?: StateOf<Inputs, Results>): Promise<Results>;
  /** Results when another step's Job covers this one. */
  readonly coveredBy?: Results;
}

/**
 * A step's outputs: the inputs and results of its last run. `applied` is false until that run has finished, and null
 * if the step was only skipped.
 */
export type StateOf<Inputs, Results> = Inputs &
  Partial<Results> & { readonly applied: boolean | null };

/**
 * A step: what it does in each direction, and when it has to run. A run is idempotent, and safe against a second
 * runner. A step without `back` is skipped in a rollback: it keeps its state and connects to nothing.
 */
export interface Step<Inputs extends StepInputs, Results extends object> extends StepKind<
  Inputs,
  Results
> {
  /** The resource's id, without a secret. */
  id(inputs: Inputs): string;
  /** Whether it runs again on another server. A rotated connection string of the same server is only stored. */
  readonly followsServer?: boolean;
  /** Inputs that make it run again when they change. */
  readonly compares?: readonly (keyof Inputs & string)[];
  /** Another reason to run again after a finished run. */
  isDue?(state: StateOf<Inputs, Results>, inputs: Inputs): boolean | Promise<boolean>;
  /** Inputs that the step looks up itself, in a preview too. @param prior undefined if the stack lacks the step */
  observes?(inputs: Inputs, prior?: Inputs): Promise<Partial<Inputs>>;
  /**
   * Finds problems before a run, in a preview too; a `stop` refuses the inputs. The engine first calls it without the
   * outputs of the last run. If the stack has the step and it is due, it is called again with them. A `stop` of that
   * call no longer refuses the inputs, so the run has to fail with it.
   *
   * @param prior inputs of the last run; undefined if the stack lacks the step
   * @param state of the last run; undefined at first
   */
  findings?(
    inputs: Inputs,
    prior?: Inputs,
    state?: StateOf<Inputs, Results>,
  ): Promise<readonly Finding[]>;
  /**
   * Describes in one sentence what the next run will do; a preview prints it if the step is due. Undefined if a person
   * need not know. A preview continues without it if it throws.
   *
   * @param inputs `unknownValue` for those that only `up` knows
   * @param state of the last run; undefined if the stack lacks the step
   */
  describes?(
    inputs: Inputs,
    state?: StateOf<Inputs, Results>,
  ): string | undefined | Promise<string | undefined>;
  /**
   * @param state of the last run; undefined in the first run
   * @throws Unfinished if it began and did not finish; any other error keeps the state as it was
   */
  forward(inputs: Inputs, state?: StateOf<Inputs, Results>): Promise<Results>;
  /** Like `forward`, with results that may be absent. */
  back?(inputs: Inputs, state?: StateOf<Inputs, Results>): Promise<Partial<Results>>;
  /** How it runs as a Job. Default: always in the engine. */
  readonly job?: JobForm<Inputs, Results>;
  /** The inputs that a refresh finds to differ from the state; undefined if it no longer exists. */
  reads?(state: StateOf<Inputs, Results>): Promise<Partial<Inputs> | undefined>;
  /** Cleans up when the stack is destroyed. Never throws. */
  cleansUp?(state: StateOf<Inputs, Results>): Promise<void>;
}

/**
 * A run that began and did not finish: the engine keeps the resource and runs it again in the next `up`, in any
 * direction. Without `results` its state stays as it was.
 */
export class Unfinished extends Error {
  override readonly name = "Unfinished";

  constructor(
    readonly reasons: readonly string[],
    readonly results?: object,
  ) {
    super(reasons.join("\n"));
  }
}

/** The part of a kind of step that the program and the engine share. */
export interface StepKind<Inputs, Results> {
  /** Its key in the `providers` of its module. Like the module, a contract with existing stacks. */
  readonly name: string;
  /** `MODULE:NAME` of the resource's type, `pulumi-nodejs:dynamic/MODULE:NAME`. */
  readonly type: string;
  /** A file, relative to the package's folder. */
  readonly module: string;
  /** The outputs that are not inputs. */
  readonly results: readonly (keyof Results & string)[];
  /** The secret outputs. */
  readonly secrets: readonly string[];
  /** Phantom types; never set. */
  readonly inputs?: Inputs;
  readonly outputs?: Results;
}

/** A kind of step, in the `provider.ts` of a room; the module is that of the resource's type. */
export function kind<Inputs, Results>(
  name: string,
  [room, module]: readonly [room: string, module: string],
  results: readonly (keyof Results & string)[] = [],
  secrets: readonly string[] = ["uri"],
): StepKind<Inputs, Results> {
  const type = `${module}:${name}`;
  return { name, type, module: `components/${room}/provider`, results, secrets };
}

/** A name in the form of a resource's, a Job's and a command's: `BulkPass` is `bulk-pass`. */
export const hyphenated = (name: string) => name.replace(/(?<=[a-z])[A-Z]/g, "-$&").toLowerCase();
