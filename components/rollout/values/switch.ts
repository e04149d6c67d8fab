import { createHash } from "node:crypto";
import type { StepInputs } from "../../step";
import { environmentKeys, type EnvironmentValue, type Service } from "../environment";
import { readStated, withStatement } from "./document";
import type { Place, Stated } from "./statement";

/** Inputs of a values file: which service, where its environment lives, and what it is to say. */
export interface ValuesFileInputs extends StepInputs {
  readonly service: Service;
  /** Relative to the project's folder. */
  readonly file: string;
  /** The keys that lead to the environment, with dots between them. */
  readonly path: string;
  readonly mode: "mongo" | "filesystem";
  /** Our variables by name; a reviewer sees in a preview what changes in them. */
  readonly environment: Readonly<Record<string, EnvironmentValue>>;
}

/** What the variables took the place of. */
export interface ValuesFileResults {
  /**
   * The file's text before the cutover; secret, because a connection string may be in it. Absent
   * before the first cutover, and where the file was in mongo mode already.
   */
  readonly before?: string;
  /** SHA-256 of the text that we wrote; absent once anyone else has changed the file. */
  readonly written?: string;
}

/** The inputs as they were last written, and what they took the place of. */
export type ValuesFileState = ValuesFileInputs & ValuesFileResults;

/** A file's text in the mode asked for, and what a rollback is to know. */
export interface Switched extends ValuesFileResults {
  readonly text: string;
  /** Whether a rollback edits the file, because it is not as the cutover left it. */
  readonly isEdited?: true;
}

/** Where the variables of a service are in its file. */
export function placeOf({ service, file, path }: ValuesFileInputs): Place {
  return { file, path: path.split("."), keys: environmentKeys(service) };
}

/** What is wanted, in the document's order: the engine hands objects over with their keys sorted. */
function listWanted({ service, environment }: ValuesFileInputs): Stated[] {
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

/**
 * The file's text in the mode asked for.
 *
 * The cutover keeps the text that it finds, and the rollback brings it back byte for byte if nobody
 * else changed the file since and it states the other mode; else our keys are edited, and the rest
 * stays (design, decision 14). A file that is in filesystem mode and stays there is the site's own: the
 * mode alone is seen to.
 *
 * @param state what was last written, absent for a file that is new to the stack
 * @throws ValuesFileError where the file cannot be edited
 */
export function switchMode(
  text: string,
  inputs: ValuesFileInputs,
  state?: ValuesFileState,
): Switched {
  const known = state && isSameFile(text, inputs, state) ? state : undefined;
  if (inputs.mode === "mongo") return inMongoMode(text, inputs, known);
  if (known?.mode === "mongo") return backInFilesystemMode(text, inputs, known);
  const { before } = known ?? {};
  const written = keepFilesystemMode(text, inputs, before);
  return { text: written, ...(before !== undefined && { before }) };
}

/** Whether the state tells of this file, which may have been renamed as it was. */
function isSameFile(text: string, { file }: ValuesFileInputs, state: ValuesFileState): boolean {
  return state.file === file || state.written === hashOf(text);
}

function inMongoMode(
  text: string,
  inputs: ValuesFileInputs,
  state: ValuesFileState | undefined,
): Switched {
  const after = editText(text, inputs, listWanted(inputs));
  const begins = state?.mode !== "mongo" && after !== text;
  const before = begins ? text : state?.before;
  const isOurs = begins || [text, after].map(hashOf).includes(state?.written ?? "");
  return {
    text: after,
    ...(before !== undefined && { before }),
    ...(isOurs && { written: hashOf(after) }),
  };
}

function backInFilesystemMode(
  text: string,
  inputs: ValuesFileInputs,
  state: ValuesFileState,
): Switched {
  const { before, written } = state;
  const place = placeOf(inputs);
  if (before === undefined) {
    return { text: editText(text, inputs, [filesystemMode(place)]), isEdited: true };
  }
  const entries = readStated(before, place);
  const isOtherMode = (entry: Stated) => isMode(entry, place) && !isFilesystem(entry);
  const isRestored = written === hashOf(text) && !entries.some(isOtherMode);
  if (isRestored) return { text: before, before };
  const stated = entries.map((entry) => (isOtherMode(entry) ? filesystemMode(place) : entry));
  return { text: editText(text, inputs, stated), before, isEdited: true };
}

/** The text with our variables as they are to be. */
function editText(text: string, inputs: ValuesFileInputs, entries: readonly Stated[]): string {
  return withStatement(text, { place: placeOf(inputs), entries });
}

/** The mode `filesystem`; a file that stated no mode before the cutover needs none after it. */
function keepFilesystemMode(text: string, inputs: ValuesFileInputs, before?: string): string {
  const place = placeOf(inputs);
  const stated = readStated(text, place);
  const mode = stated.find((entry) => isMode(entry, place));
  const needsOne =
    before === undefined || readStated(before, place).some((entry) => isMode(entry, place));
  if (mode ? isFilesystem(mode) : !needsOne) return text;
  const others = stated.filter((entry) => !isMode(entry, place));
  return editText(text, inputs, [filesystemMode(place), ...others]);
}

/** Whether the file states the mode `mongo`, in any case of letters. */
export function statesMongo(text: string, place: Place): boolean {
  const stated = readStated(text, place);
  return stated.some((entry) => isMode(entry, place) && modeIn(entry) === "mongo");
}

const filesystemMode = ({ keys }: Place): Stated => ({ name: keys[0] ?? "", value: "filesystem" });
const isMode = ({ name }: Stated, { keys }: Place): boolean => name === keys[0];
const isFilesystem = (entry: Stated): boolean => modeIn(entry) === "filesystem";

/** The services read the mode whatever its case. */
function modeIn({ value }: Stated): string | undefined {
  return typeof value === "string" ? value.toLowerCase() : undefined;
}

const hashOf = (text: string) => createHash("sha256").update(text).digest("hex");
