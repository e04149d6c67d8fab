import { kind, type StateOf, type Step } from "../../step";
import { modeKey, type EnvironmentValue } from "../environment";
import { mongoFirst } from "../ways-out";
import { readStated } from "./document";
import { readValuesFile, replaceValuesFile, ValuesFileError } from "./file";
import {
  placeOf,
  statesMongo,
  switchMode,
  type ValuesFileInputs,
  type ValuesFileResults,
} from "./switch";

export const ValuesFile = kind<ValuesFileInputs, ValuesFileResults>(
  "ValuesFile",
  ["rollout", "taskrunner"],
  ["before", "written"],
  ["before"],
);

type State = StateOf<ValuesFileInputs, ValuesFileResults>;

/**
 * A service's values file in the mode asked for. It never connects: what it changes is only the file. A
 * file that is new to the stack and in mongo mode is not taken to files: nothing would be drained or
 * exported before.
 */
export const valuesFile: Step<ValuesFileInputs, ValuesFileResults> = {
  ...ValuesFile,
  id: ({ service }) => service,
  compares: ["service", "file", "path", "mode", "environment"],
  isDue: async (state, inputs) => {
    const text = await readValuesFile(inputs.file);
    return switchMode(text, inputs, state).text !== text;
  },
  refuses: async (inputs, olds) => {
    const reason = await problemOf(inputs, olds === undefined);
    return reason === undefined ? undefined : { property: "file", reason };
  },
  forward: writeValues,
  back: writeValues,
  reads: async (state) => ({ environment: await environmentOf(state) }),
};

/** Why a file cannot be switched, already in a preview; undefined where it can. */
async function problemOf(inputs: ValuesFileInputs, isNew: boolean): Promise<string | undefined> {
  try {
    const text = await readValuesFile(inputs.file);
    switchMode(text, inputs);
    return isNew && inputs.mode === "filesystem" ? findUnknownCutover(text, inputs) : undefined;
  } catch (error) {
    if (error instanceof ValuesFileError) return error.message;
    throw error;
  }
}

function findUnknownCutover(text: string, inputs: ValuesFileInputs): string | undefined {
  const { file, service } = inputs;
  if (!statesMongo(text, placeOf(inputs))) return undefined;
  return (
    `The values file ${file} has ${service} in mongo mode. ${mongoFirst} ` +
    `If it was never deployed in mongo mode, set ${modeKey(service)} in it to filesystem by hand.`
  );
}

async function writeValues(inputs: ValuesFileInputs, state?: State): Promise<ValuesFileResults> {
  const text = await readValuesFile(inputs.file);
  const { text: edited, isEdited, ...results } = switchMode(text, inputs, state);
  if (edited !== text) await replaceValuesFile(inputs.file, edited);
  if (isEdited && edited !== text) console.log(notAsLeft(inputs));
  return results;
}

function notAsLeft({ file }: ValuesFileInputs): string {
  return (
    `${file} changed since the cutover: the rollback reset only the variables of this stack in it, and ` +
    "kept the rest."
  );
}

/**
 * The environment as a refresh reports it: the one that was written where the file still holds
 * it, or cannot be read; else what is there. A connection string is never shown.
 */
async function environmentOf(state: State): Promise<ValuesFileInputs["environment"]> {
  try {
    const text = await readValuesFile(state.file);
    if (switchMode(text, state, state).text === text) return state.environment;
    return readEntries(text, state);
  } catch (error) {
    if (error instanceof ValuesFileError) return state.environment;
    throw error;
  }
}

function readEntries(text: string, state: State): Record<string, EnvironmentValue> {
  const stated = readStated(text, placeOf(state));
  const shown = stated.filter(({ name }) => state.mode === "mongo" || name in state.environment);
  return Object.fromEntries(
    shown.map(({ name, value = "" }): [string, EnvironmentValue] => {
      const secret = name.endsWith("ConnectionString") && !isReference(value);
      return [name, secret ? "(a text in the file)" : (value as EnvironmentValue)];
    }),
  );
}

function isReference(value: unknown): boolean {
  return typeof value === "object" && value !== null && "secretKeyRef" in value;
}
