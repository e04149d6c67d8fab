import type { dynamic } from "@pulumi/pulumi";
import type { Finding } from "../contract/finding";
import type { JobTarget } from "./jobs";
import type { Direction } from "../settings";

/** What the engine hands over, and writes, in place of a value that is known only in `up`. */
export const unknownValue = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Inputs that the engine hands to a step. */
export interface StepInputs {
  /** Absent for what is the same in both directions. */
  readonly direction?: Direction;
}

/** Inputs of a step that works in MongoDB. */
export interface MongoInputs extends StepInputs {
  /** Secret; absent on a rollback whose settings have none. */
  readonly uri?: string;
  readonly database?: string;
  /** Where it runs as a Job; absent: in the engine. It is not compared. */
  readonly job?: JobTarget;
  /** Told to a step that runs in a Job's pod. */
  readonly isInPod?: true;
}

/** Inputs of a step that runs again in each cutover. */
export interface OncePerCutover {
  /** The setting `cutover`, from 1; compared. */
  readonly cutover: number;
}

/** What a step is like where the steps that touch MongoDB run as Jobs. */
export interface JobForm<Inputs, Results> {
  /** Whether the claim with the state is mounted, and how. Default: not. */
  readonly state?: "read" | "write";
  /** What it needs of the outputs of the last run; the connection string is never among them. */
  readonly olds?: readonly (keyof (Inputs & Results) & string)[];
  /** Inputs that are not for the pod. */
  readonly apart?: readonly (keyof Inputs & string)[];
  /** Looked at by the engine before the Job and after it. @throws Unfinished */
  guard?(inputs: Inputs): Promise<void>;
  /** Makes one of the results of the pods that share the work; absent: it is one pod's. @throws Unfinished */
  merged?(results: readonly Results[], inputs: Inputs): Results;
  /** The results where a Job failed that the step can do without; undefined: the step fails too. */
  failed?(reasons: readonly string[], state?: StateOf<Inputs, Results>): Results | undefined;
  /** What the Job does if that is not the same as the step. */
  forward?(inputs: Inputs, state?: StateOf<Inputs, Results>): Promise<Results>;
  /** The results if another step's Job does it with its own: then it has none. */
  readonly doneByAnother?: Results;
}

/** Outputs: the inputs as of the last run, and its results. `applied` is false until one finished. */
export type StateOf<Inputs, Results> = Inputs & Partial<Results> & { readonly applied: boolean };

/**
 * A step of the list (design, "One list of steps, two directions"): what it does in each direction, and
 * when it has to. A run is idempotent, and safe against a second runner. A step without `back` rests on a
 * rollback: it keeps its state and connects to nothing, so that the rollback works while MongoDB is down.
 */
export interface Step<Inputs extends StepInputs, Results extends object> extends StepKind<
  Inputs,
  Results
> {
  /** The resource's id; it holds no secret. */
  id(inputs: Inputs): string;
  /**
   * Whether it works where `uri` leads: on another server it runs again, and a connection string whose
   * user, password or options differ (a rotation) is taken into the state. Default: not.
   */
  readonly followsServer?: boolean;
  /** The inputs that make it run again where they differ from those of the last run. */
  readonly compares?: readonly (keyof Inputs & string)[];
  /** What else makes it run, although the last run finished. */
  isDue?(state: StateOf<Inputs, Results>, inputs: Inputs): boolean | Promise<boolean>;
  /** Inputs that the step finds out itself, in a preview too. @param olds absent: it is new to the stack */
  observes?(inputs: Inputs, olds?: Inputs): Promise<Partial<Inputs>>;
  /** Looks before anything is changed, in a preview too. @param olds absent: it is new to the stack */
  refuses?(inputs: Inputs, olds?: Inputs): Promise<dynamic.CheckFailure | undefined>;
  /** What a run would find, in a preview too, if the stack has the step. It does not fail. */
  foresees?(state: StateOf<Inputs, Results>, inputs: Inputs): Promise<readonly Finding[]>;
  /**
   * @param state of the last run; undefined in the first
   * @throws Unfinished where it began and did not finish; another error leaves the state as it was
   */
  forward(inputs: Inputs, state?: StateOf<Inputs, Results>): Promise<Results>;
  back?(inputs: Inputs, state?: StateOf<Inputs, Results>): Promise<Results>;
  /** How it runs as a Job; absent: in the engine also then. */
  readonly job?: JobForm<Inputs, Results>;
  /** What a refresh finds otherwise than the state says; undefined where the thing is gone. */
  reads?(state: StateOf<Inputs, Results>): Promise<Partial<Inputs> | undefined>;
}

/**
 * A run that began and did not finish: the engine keeps the resource, marks it as failed, and comes back
 * to it on the next `up`, whatever the direction is then. Without `results` its state stays as it was.
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

/** What the program and the engine both know of a kind of step. */
export interface StepKind<Inputs, Results> {
  /** Its name among the `providers` of its room; a contract with existing stacks. */
  readonly name: string;
  /** `MODULE:NAME` of the resource's type, `pulumi-nodejs:dynamic/MODULE:NAME`. */
  readonly type: string;
  /** The file below the project's folder whose `providers` has it; a contract with existing stacks. */
  readonly module: string;
  /** The outputs that are no inputs. */
  readonly results: readonly (keyof Results & string)[];
  /** The outputs that are secret. */
  readonly secrets: readonly string[];
  /** Phantom type; never set. */
  readonly inputs?: Inputs;
}

/**
 * A kind of step.
 *
 * @param room whose `provider.ts` has it among its `providers`, and the module of the resource's type
 * @param secrets the outputs that are secret; default: the connection string
 */
export function kind<Inputs, Results>(
  name: string,
  [room, module]: readonly [room: string, module: string],
  results: readonly (keyof Results & string)[] = [],
  secrets: readonly string[] = ["uri"],
): StepKind<Inputs, Results> {
  const type = `${module}:${name}`;
  return { name, type, module: `components/${room}/provider`, results, secrets };
}
