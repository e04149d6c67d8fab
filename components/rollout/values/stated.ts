import { existsSync } from "node:fs";
import { warning, type Finding } from "../../text";
import type { Direction, StorageMode } from "../../settings";
import type { StateOf, StepInputs } from "../../step";
import { modeAfter, modeKey } from "../environment";
import type { ServiceFiles } from "../placement";
import { describeUnknownCutover } from "../recovery";
import { readText, ValuesFileError, type ValuesText } from "./files";
import { variableKey, variablesAt } from "./variables";

/** The files with the mode that the stack writes. */
export interface WrittenMode extends ServiceFiles, StepInputs {
  readonly direction: Direction;
  /** When a worker that the program does not see was last stopped, in ISO 8601, UTC; absent if it sees it. */
  readonly stoppedAt?: string;
}

/** The content of the site's files. @throws ValuesFileError */
export const siteTexts = ({ site }: ServiceFiles): readonly ValuesText[] =>
  site.map((file) =>
    readText(file, "Check rollout.directory, rollout.worker.values and rollout.web.values."),
  );

/** The content of the stack's own file; undefined if there is none. @throws ValuesFileError */
export function ownText({ file }: ServiceFiles): ValuesText | undefined {
  return existsSync(file) ? readText(file, "Check rollout.directory.") : undefined;
}

/** The last value of the mode in the site's files and the stack's own one. @throws ValuesFileError */
function findStated(files: ServiceFiles) {
  const own = ownText(files);
  const texts = [...siteTexts(files), ...(own ? [own] : [])];
  const key = variableKey(modeKey(files.service));
  return variablesAt(texts, files.path).findLast(({ name }) => variableKey(name) === key);
}

/** The mode that a service has by its values files; undefined if they cannot be read, which its step reports. */
export function modeInFiles(files: ServiceFiles): StorageMode | undefined {
  try {
    return variableKey(findStated(files)?.value ?? "") === "mongo" ? "mongo" : "filesystem";
  } catch (error) {
    if (error instanceof ValuesFileError) return undefined;
    throw error;
  }
}

/**
 * Finds that a service was set to the other mode since the stack wrote its file, unless an unfinished cutover or
 * rollback has stopped the worker since. `pulumi up` stops on it only if the program does not see the worker. Otherwise
 * the drain looks at the worker itself.
 */
export function findChanged(
  inputs: WrittenMode,
  state?: StateOf<WrittenMode, object>,
): Finding | undefined {
  const { service, file, direction, stoppedAt } = inputs;
  const isWritten =
    state?.applied && state.direction === direction && state.stoppedAt === stoppedAt;
  const stated = isWritten ? modeInFiles(inputs) : undefined;
  const mode = modeAfter(direction);
  if (stated === undefined || stated === mode) return undefined;
  const found = `${file} has ${service} in ${stated} mode, but this stack wrote ${mode} mode: it was changed, or this checkout is behind.`;
  const number = stated === "mongo" ? " and the next number in cutover" : "";
  const asked = `set storageMode: ${stated}${number}, and run pulumi up`;
  if (stoppedAt === undefined) {
    const text = `${found} pulumi up writes ${mode} mode again. If the services are to be in ${stated} mode, ${asked}.`;
    return warning("mode-changed", text);
  }
  const text =
    `${found} Without a drain steps would be repeated or lost, so nothing was changed. If it was deployed, stop the ` +
    `worker, ${asked}. If not, restore the file: git pull, or git restore.`;
  return { severity: "stop", code: "mode-changed", text };
}

/** Why a stack that knows of no cutover must not write filesystem mode; undefined if it may. @throws ValuesFileError */
export function findFileInMongoMode(files: ServiceFiles): string | undefined {
  const { service } = files;
  const last = findStated(files);
  if (last === undefined || variableKey(last.value) !== "mongo") return undefined;
  return describeUnknownCutover(
    `The values file ${last.file} has ${service} in mongo mode.`,
    `If it was never deployed in mongo mode: set ${modeKey(service)} in it to filesystem by hand.`,
  );
}
