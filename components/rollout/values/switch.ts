import { environmentKeys, type Entry, type EnvironmentValue, type Service } from "../environment";
import {
  withAnnotation,
  withoutFormer,
  type AnnotationState,
  type PodAnnotation,
} from "./annotation";
import {
  holds,
  readEnvironment,
  restoreEnvironment,
  withFilesystemMode,
  writeEnvironment,
  type Place,
  type Standing,
} from "./values-file";

/** Inputs of a values file: which service, where its environment lives, and what it is to say. */
export interface ValuesFileInputs {
  readonly service: Service;
  /** Relative to the project's folder. */
  readonly file: string;
  /** The keys that lead to the environment, with dots between them. */
  readonly path: string;
  readonly form: "list" | "map";
  readonly mode: "mongo" | "filesystem";
  /** Our variables by name; a reviewer sees in a preview what changes in them. */
  readonly environment: Readonly<Record<string, EnvironmentValue>>;
  /** Where the pods are to be told the version of their Secret. */
  readonly podAnnotation?: PodAnnotation;
}

/** Outputs: the inputs as they were last written, and what they took the place of. */
export interface ValuesFileState extends ValuesFileInputs, AnnotationState {
  /**
   * How our variables stood before the cutover; secret, because a connection string may have been
   * there. Absent before the first cutover, and where the file was in mongo mode already.
   */
  readonly before?: Standing;
}

/** Where the variables of a service are in its file. */
export function placeOf({ service, file, path, form }: ValuesFileInputs): Place {
  return { file, path: path.split("."), form, keys: environmentKeys(service) };
}

/** What is wanted, in the document's order: the engine hands objects over with their keys sorted. */
export function wanted({ service, environment }: ValuesFileInputs): Entry[] {
  return environmentKeys(service).flatMap((name) => {
    const value = environment[name];
    return value === undefined ? [] : [{ name, value: inOrder(value) }];
  });
}

function inOrder(value: EnvironmentValue): EnvironmentValue {
  if (typeof value === "string") return value;
  const { name, key } = value.secretKeyRef;
  return { secretKeyRef: { name, key } };
}

/** A file's text, and how what is ours stood in it before the cutover. */
interface Switched extends Pick<ValuesFileState, "before" | "beforeAnnotation"> {
  readonly text: string;
}

/**
 * The file's text in the mode asked for, and how our variables stood before the cutover.
 *
 * The way to mongo remembers them, the way back restores them. A file that is in filesystem mode
 * and stays there is the site's own: the mode alone is seen to.
 *
 * @param state what was last written, absent for a file that is new to the stack
 * @throws ValuesFileError where the file cannot be edited
 */
export function switched(
  text: string,
  inputs: ValuesFileInputs,
  state?: ValuesFileState,
): Switched {
  const { file, podAnnotation } = inputs;
  // What came last goes first, so that the environment's place is as it was left.
  const without = withoutFormer(text, file, state ?? {}, podAnnotation);
  const environment = environmentSwitched(without, inputs, state);
  if (!podAnnotation) return environment;
  return { ...environment, ...withAnnotation(environment.text, file, podAnnotation, state ?? {}) };
}

function environmentSwitched(
  text: string,
  inputs: ValuesFileInputs,
  state: ValuesFileState | undefined,
): Switched {
  const place = placeOf(inputs);
  const known = state?.before && { before: state.before };
  if (inputs.mode === "mongo") {
    const entries = wanted(inputs);
    const begins = state?.mode !== "mongo" && !holds(text, place, entries);
    return {
      text: writeEnvironment(text, place, entries),
      ...(begins ? { before: readEnvironment(text, place) } : known),
    };
  }
  const back = state?.mode === "mongo" ? restoreEnvironment : withFilesystemMode;
  return { text: back(text, place, state?.before), ...known };
}
