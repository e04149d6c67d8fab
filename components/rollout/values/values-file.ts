import { isDeepStrictEqual } from "node:util";
import type { Entry } from "../environment";
import { ValuesFileError } from "./errors";
import { withEntry, withoutEntry } from "./yaml/edit";
import { environmentIn, says } from "./yaml/items";
import type { Place } from "./yaml/place";
import { siteOwn } from "./yaml/rest";
import { standingIn, withStandings, type Standing } from "./yaml/standing";
import { vacated } from "./yaml/vacancy";

export type { Place, Standing };

/** What a file is to state: the values of some of our variables, and none of the others. */
type Stated = readonly { readonly name: string; readonly value?: unknown }[];

/**
 * How our variables stand in a values file. The texts in it may be secret: a site may have had
 * its connection string there.
 *
 * @throws ValuesFileError where the file cannot be edited
 */
export function readEnvironment(text: string, place: Place): Standing {
  return standingIn(environmentIn(text, place));
}

/** Whether the file states the mode `mongo`, in any case of letters. */
export function statesMongo(text: string, place: Place): boolean {
  const { entries } = readEnvironment(text, place);
  return entries.some((entry) => isMode(entry, place) && modeIn(entry) === "mongo");
}

/** Whether the file states exactly these of our variables. */
export function holds(text: string, place: Place, stated: Stated): boolean {
  const ours = environmentIn(text, place).items.filter(({ key }) => key !== undefined);
  const states = ({ name, value }: Stated[number]) =>
    ours.some((item) => item.key === name && says(item, value));
  return ours.length === stated.length && stated.every(states);
}

/**
 * The text with these entries as our only variables. Everything else stays byte for byte; a text
 * that holds them already comes back as it is.
 *
 * @throws ValuesFileError where the file cannot be edited
 */
export function writeEnvironment(text: string, place: Place, entries: readonly Entry[]): string {
  return edited(text, place, entries, () => {
    const written = entries.reduce((at, entry) => withEntry(at, place, entry), text);
    return withoutOthers(written, place, entries);
  });
}

/**
 * The text with our variables as they stood before the cutover; the mode is `filesystem` where
 * they said another one. Where nothing is known of them, or the file was set out anew since so
 * that they fit no more, the mode alone is left: the way back never fails for that.
 *
 * @throws ValuesFileError where the file cannot be edited
 */
export function restoreEnvironment(text: string, place: Place, before?: Standing): string {
  const restored = before && asBefore(text, place, before);
  return restored ?? writeEnvironment(text, place, [filesystemMode(place)]);
}

/**
 * The text with our entries as they stood before, or without them where that fits no more. It is
 * for entries among which no mode is.
 *
 * @throws ValuesFileError where the file cannot be edited
 */
export function restoreEntries(text: string, place: Place, before?: Standing): string {
  const restored =
    before && safely(text, place, before.entries, () => putBack(text, place, before));
  return restored ?? writeEnvironment(text, place, []);
}

function asBefore(text: string, place: Place, before: Standing): string | undefined {
  const stated = before.entries.map((entry) =>
    isMode(entry, place) && !isFilesystem(entry) ? filesystemMode(place) : entry,
  );
  return safely(text, place, stated, () => {
    const restored = putBack(text, place, before);
    const states = stated.some((entry) => isMode(entry, place));
    return states ? inFilesystemMode(restored, place) : restored;
  });
}

/**
 * The text with the mode `filesystem` and our other variables as they are. A file that stated no
 * mode before the cutover needs none after it.
 *
 * @throws ValuesFileError where the file cannot be edited
 */
export function withFilesystemMode(text: string, place: Place, before?: Standing): string {
  const { entries } = readEnvironment(text, place);
  const others = entries.filter((entry) => !isMode(entry, place));
  const mode = entries.find((entry) => isMode(entry, place));
  const needsOne = !before || before.entries.some((entry) => isMode(entry, place));
  if (mode ? isFilesystem(mode) : !needsOne) return text;
  const stated = [filesystemMode(place), ...others];
  return edited(text, place, stated, () => inFilesystemMode(text, place));
}

function inFilesystemMode(text: string, place: Place): string {
  const mode = readEnvironment(text, place).entries.find((entry) => isMode(entry, place));
  return mode && isFilesystem(mode) ? text : withEntry(text, place, filesystemMode(place));
}

function putBack(text: string, place: Place, before: Standing): string {
  const environment = environmentIn(text, place);
  const empty = before.vacancy && vacated(environment, place, before.vacancy);
  if (empty !== undefined) return empty;
  return withoutOthers(withStandings(text, place, before), place, before.entries);
}

function withoutOthers(text: string, place: Place, stated: Stated): string {
  return place.keys
    .filter((key) => !stated.some(({ name }) => name === key))
    .reduce((at, key) => withoutEntry(at, place, key), text);
}

const filesystemMode = ({ keys }: Place): Entry => ({ name: keys[0] ?? "", value: "filesystem" });

const isMode = ({ name }: Stated[number], { keys }: Place): boolean => name === keys[0];

const isFilesystem = (entry: Stated[number]): boolean => modeIn(entry) === "filesystem";

/** The services read the mode whatever its case. */
function modeIn({ value }: Stated[number]): string | undefined {
  return typeof value === "string" ? value.toLowerCase() : undefined;
}

function edited(text: string, place: Place, stated: Stated, edit: () => string): string {
  const result = safely(text, place, stated, edit);
  if (result !== undefined) return result;
  throw new ValuesFileError(
    place.file,
    `${place.path.join(".")} is written in a way that cannot be edited without touching the rest`,
    `Write it in plain block style, or set these variables by hand: ${place.keys.join(", ")}.`,
  );
}

/**
 * What an edit gives; undefined where that states something else than it should, touches anything
 * else, or cannot be read.
 *
 * @throws ValuesFileError where the file cannot be edited as it is
 */
function safely(
  text: string,
  place: Place,
  stated: Stated,
  edit: () => string,
): string | undefined {
  environmentIn(text, place);
  const own = siteOwn(text, place);
  try {
    const after = edit();
    const isSafe = isDeepStrictEqual(siteOwn(after, place), own) && holds(after, place, stated);
    return isSafe ? after : undefined;
  } catch (error) {
    if (error instanceof ValuesFileError) return undefined;
    throw error;
  }
}
