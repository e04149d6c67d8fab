import { isDeepStrictEqual } from "node:util";
import type * as pulumi from "@pulumi/pulumi";
import { mongoFirst } from "../ways-out";
import { holds, readStated } from "./document";
import { ValuesFileError } from "./errors";
import { readValuesFile, replaceValuesFile } from "./file";
import {
  placeOf,
  statesMongo,
  switched,
  wanted,
  type ValuesFileInputs,
  type ValuesFileState,
} from "./switch";

const members = [
  ...(["service", "file", "path", "mode", "environment"] as const),
  "podAnnotation",
] as const;

/**
 * The dynamic provider of a values file. It works in both modes and never connects: what it
 * changes is the file alone. A file that is new to the stack and in mongo mode is not taken to files:
 * nothing would be drained or exported before. Deleting it leaves the file as it is.
 */
const ValuesFile: Required<pulumi.dynamic.ResourceProvider> = {
  configure: () => Promise.resolve(),
  check: async (olds: object, news: ValuesFileInputs) => {
    const reason = await problemOf(news, Object.keys(olds).length === 0);
    return { inputs: news, failures: reason === undefined ? [] : [{ property: "file", reason }] };
  },
  diff: async (_id, state: ValuesFileState, news: ValuesFileInputs) => {
    if (!isDeepStrictEqual(inputsOf(state), inputsOf(news))) return { changes: true };
    const text = await readValuesFile(news.file);
    return { changes: switched(text, news, state).text !== text };
  },
  create: async (inputs: ValuesFileInputs) => ({
    id: inputs.service,
    outs: await written(inputs),
  }),
  update: async (_id, state: ValuesFileState, news: ValuesFileInputs) => {
    const known = isMoved(state, news) ? await followed(state, news) : state;
    return { outs: await written(news, known) };
  },
  read: async (id, state: ValuesFileState) => {
    const inputs = { ...inputsOf(state), environment: await environmentOf(state) };
    return { id, props: { ...state, ...inputs }, inputs };
  },
  delete: () => Promise.resolve(),
};

export const providers = { ValuesFile };

/** The inputs alone, without what Pulumi adds to them. */
function inputsOf(from: ValuesFileInputs): ValuesFileInputs {
  const given = members.filter((name) => from[name] !== undefined);
  return Object.fromEntries(given.map((name) => [name, from[name]])) as unknown as ValuesFileInputs;
}

/** Why a file cannot be switched, already in a preview; undefined where it can. */
async function problemOf(inputs: ValuesFileInputs, isNew: boolean): Promise<string | undefined> {
  try {
    const text = await readValuesFile(inputs.file);
    switched(text, inputs);
    return isNew && inputs.mode === "filesystem" ? unknownCutover(text, inputs) : undefined;
  } catch (error) {
    if (error instanceof ValuesFileError) return error.message;
    throw error;
  }
}

function unknownCutover(text: string, inputs: ValuesFileInputs): string | undefined {
  const { file, service } = inputs;
  const place = placeOf(inputs);
  if (!statesMongo(text, place)) return undefined;
  return (
    `The values file ${file} has ${service} in mongo mode. ${mongoFirst} ` +
    `Where it was never deployed so, set ${place.keys[0] ?? ""} in it to filesystem by hand.`
  );
}

async function written(
  inputs: ValuesFileInputs,
  state?: ValuesFileState,
): Promise<ValuesFileState> {
  const text = await readValuesFile(inputs.file);
  const { text: edited, isEdited, ...known } = switched(text, inputs, state);
  if (edited !== text) await replaceValuesFile(inputs.file, edited);
  if (isEdited && edited !== text) console.log(notAsLeft(inputs));
  return { ...inputsOf(inputs), ...known };
}

function notAsLeft({ file }: ValuesFileInputs): string {
  return (
    `${file} is not as the cutover left it: our variables were set back in it, and the rest stays as ` +
    "it is now."
  );
}

function isMoved(state: ValuesFileState, news: ValuesFileInputs): boolean {
  return (["file", "path"] as const).some((name) => state[name] !== news[name]);
}

/**
 * What is known of an environment that the settings now look for elsewhere. Where it has been
 * moved there with our variables in it, all of it; else the place that was left is put back.
 */
async function followed(
  state: ValuesFileState,
  news: ValuesFileInputs,
): Promise<ValuesFileState | undefined> {
  const ours = { place: placeOf(news), entries: wanted(state) };
  if (holds(await readValuesFile(news.file), ours)) return state;
  if (state.mode === "filesystem") return undefined;
  const text = await readValuesFile(state.file).catch(() => undefined);
  if (text !== undefined) {
    const back = switched(text, { ...inputsOf(state), mode: "filesystem" }, state);
    await replaceValuesFile(state.file, back.text);
  }
  return undefined;
}

/**
 * The environment as a refresh reports it: the one that was written where the file still holds
 * it, or cannot be read; else what is there. A connection string is never shown.
 */
async function environmentOf(state: ValuesFileState): Promise<Record<string, unknown>> {
  try {
    const text = await readValuesFile(state.file);
    if (switched(text, state, state).text === text) return state.environment;
    return foundIn(text, state);
  } catch (error) {
    if (error instanceof ValuesFileError) return state.environment;
    throw error;
  }
}

function foundIn(text: string, state: ValuesFileState): Record<string, unknown> {
  const stated = readStated(text, placeOf(state));
  const shown = stated.filter(({ name }) => state.mode === "mongo" || name in state.environment);
  return Object.fromEntries(
    shown.map(({ name, value = "" }) => {
      const secret = name.endsWith("ConnectionString") && !isReference(value);
      return [name, secret ? "(a text in the file)" : value];
    }),
  );
}

function isReference(value: unknown): boolean {
  return typeof value === "object" && value !== null && "secretKeyRef" in value;
}
