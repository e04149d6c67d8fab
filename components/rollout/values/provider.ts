import { access, constants } from "node:fs/promises";
import { dirname } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { stringify } from "yaml";
import { errorCode, findingsFrom, warning, type Finding } from "../../text";
import { writeAside } from "../../state";
import { reportLine, kind, type StateOf, type Step } from "../../step";
import {
  environmentKeys,
  modeAfter,
  type EnvironmentEntry,
  type EnvironmentValue,
} from "../environment";
import { resumeHint } from "../recovery";
import { ValuesFileError, type ValuesText } from "./files";
import { environmentOnTop, lastAt, refuseOtherList, valuesAt } from "./variables";
import { PushError, pushFile, type ReadOnBranch } from "./git";
import { findChanged, findFileInMongoMode, ownText, siteTexts, type WrittenMode } from "./stated";

export interface ValuesFileInputs extends WrittenMode {
  /** The stack's variables by name, so that a preview shows their changes. */
  readonly environment: Readonly<Record<string, EnvironmentValue>>;
  /** The full name of the stack, which the file names. */
  readonly stack: string;
  /** The setting `rollout.push`. Default: you push the file. */
  readonly push?: { readonly branch: string };
}

type ValuesFileState = StateOf<ValuesFileInputs, object>;

/**
 * A values file of the stack's own, which the site lists last: it sets a service's mode on top of the site's files
 * (docs/gitops.md). It is written as a whole, and again after an edit or a change of the site's own list. If the
 * program does not see the worker, an edit of the mode is refused.
 */
export const valuesFile: Step<ValuesFileInputs, object> = {
  ...kind<ValuesFileInputs, object>("ValuesFile", ["rollout", "taskrunner"], [], []),
  id: ({ service }) => service,
  compares: ["service", "file", "site", "path", "environment", "push", "stoppedAt"],
  isDue: (_, inputs) => ownText(inputs)?.text !== formatValues(inputs),
  findings: async (inputs, prior, state) => {
    if (state) return findRewritten(inputs, state);
    const refused = { severity: "stop" } as const;
    const unfit = await findUnfit(inputs, prior === undefined);
    if (unfit !== undefined) return [{ ...refused, code: "values-unfit", text: unfit }];
    const isUnknown = inputs.direction === "back" && !prior;
    const unknown = isUnknown ? findFileInMongoMode(inputs) : undefined;
    return findingsFrom(unknown, { ...refused, code: "no-cutover" });
  },
  describes: ({ service, file, direction, push }, state) => {
    // A service on files is taken over as it is.
    if (direction === "back" && !state) return undefined;
    const again = state?.direction === direction ? " again" : "";
    const pushed = push ? ` and push it to branch ${push.branch}` : "";
    return `Write ${file}${again}${pushed}: ${service} in ${modeAfter(direction)} mode.`;
  },
  forward: writeValues,
  back: writeValues,
};

function findRewritten(inputs: ValuesFileInputs, state: ValuesFileState): Finding[] {
  const changed = findChanged(inputs, state);
  if (changed) return [changed];
  const isAsked =
    state.direction !== inputs.direction ||
    !isDeepStrictEqual(state.environment, inputs.environment);
  const text = `${inputs.file} ${writtenAnew}`;
  return isAsked ? [] : [{ severity: "info", code: "values-written", text }];
}

/**
 * Why a values file could not be written, before anything is stopped; undefined if it could.
 *
 * @param isNew whether the stack has none yet. What the site removed from its files does not stop a rollback
 */
export async function findUnfit(
  inputs: ValuesFileInputs,
  isNew: boolean,
): Promise<string | undefined> {
  try {
    formatValues(inputs);
    await access(dirname(inputs.file), constants.W_OK).catch(notWritable(inputs));
    if (inputs.direction === "forward" || isNew)
      refuseOtherList(siteTexts(inputs), "the chart", inputs);
    return undefined;
  } catch (error) {
    if (!(error instanceof ValuesFileError)) throw error;
    return error.message;
  }
}

/**
 * Tries the right to push a values file, so that a refusal stops the update while both services still work. A file that
 * the branch lacks is pushed without variables, so that the mode in force stays. Stops a cutover if the checkout has
 * other site files than the branch.
 *
 * @throws Error
 */
export async function provePush(inputs: ValuesFileInputs): Promise<void> {
  const { file, stack, direction, push } = inputs;
  if (!push) return;
  const text = async (onBranch: ReadOnBranch) => {
    for (const { file, text } of siteTexts(inputs)) {
      const pushed = await onBranch(file);
      if (pushed === undefined || pushed === text.replace(/\n$/, "")) continue;
      const found = `${file} differs from the one in branch ${push.branch}`;
      if (direction === "back") reportLine(warning("site-differs", `${found}, which counts.`));
      else throw new Error(`${found}. Run git pull, or push it. Both services are as before.`);
    }
    return `${headingOf(stack)}\n{}\n`;
  };
  const subject = `Check the right to push (stack ${stack})`;
  await pushFile({ file, text, subject, isTrial: true, ...push }).catch((error: unknown) => {
    if (!(error instanceof PushError)) throw error;
    throw new Error(
      `${error.message} Both services are as before. Allow this push, or remove rollout.push and push by hand while ` +
        "pulumi up waits.",
    );
  });
  reportLine(`${file} can be pushed to branch ${push.branch}`);
}

const writtenAnew =
  "is not what the stack writes: it was edited, or the site's own list of variables changed. " +
  "pulumi up writes it again.";

/**
 * The text of a values file.
 *
 * @param site the content of the site's files. Default: what the checkout has
 * @throws ValuesFileError
 */
export function formatValues(inputs: ValuesFileInputs, site = siteTexts(inputs)): string {
  const { file, path, direction, environment, stack } = inputs;
  const heading = headingOf(stack);
  const [found = ""] = ownText(inputs)?.text.split("\n") ?? [heading];
  if (!isOfStack(found, stack)) {
    throw new ValuesFileError(
      file,
      `it is not of stack ${stack} (its first line is not "${heading}")`,
      "Name another file. If the stack was renamed, write its name into that line.",
    );
  }
  // The engine hands objects over with their keys sorted.
  const entries = environmentKeys(inputs.service).flatMap((name): EnvironmentEntry[] => {
    const value = environment[name];
    return value === undefined ? [] : [{ name, value }];
  });
  const ours = environmentOnTop(site, inputs, entries);
  // In filesystem mode a copy of the site's list that has the mode already would only hide it.
  const isStated = direction === "back" && isDeepStrictEqual(ours, lastAt(site, path)?.value);
  const options = { version: "1.1", aliasDuplicateObjects: false, lineWidth: 0 } as const;
  return [
    heading,
    "# Written by pulumi up, which overwrites edits. List this file after all other values files.",
    stringify(isStated ? {} : valuesAt(path, ours), options),
  ].join("\n");
}

const headingOf = (stack: string) => `# taskrunner-storage: values of stack ${stack}`;

// A command may know only the last part of the name, or none of it.
function isOfStack(line: string, stack: string): boolean {
  const parts = stack.split("/");
  if (parts.length === 3) return line === headingOf(stack);
  const end = stack === "" ? "" : `/${parts.at(-1)}`;
  return line === headingOf(stack) || (line.startsWith(headingOf("")) && line.endsWith(end));
}

async function writeValues(inputs: ValuesFileInputs, state?: ValuesFileState): Promise<object> {
  const { file } = inputs;
  const changed = findChanged(inputs, state);
  if (changed?.severity === "stop") throw new Error(changed.text);
  const text = formatValues(inputs);
  await writeAside(file, (to) => to.writeFile(text)).catch(notWritable(inputs));
  const { push, service, direction, stack } = inputs;
  if (push) {
    const subject = `Set ${service} to ${modeAfter(direction)} mode (stack ${stack})`;
    // The branch may have newer variables than the checkout. If they cannot be read, the update continues, because the
    // worker is drained.
    const textOn = (onBranch: ReadOnBranch) => formatOnBranch(inputs, onBranch).catch(() => text);
    await pushFile({ file, text: textOn, subject, ...push }).catch((error: unknown) => {
      throw error instanceof PushError ? new Error(`${error.message} ${resumeHint}`) : error;
    });
    reportLine(`${service}: ${file} is pushed to branch ${push.branch}`);
  }
  return {};
}

async function formatOnBranch(inputs: ValuesFileInputs, onBranch: ReadOnBranch): Promise<string> {
  const site: ValuesText[] = [];
  for (const { file, text } of siteTexts(inputs)) {
    site.push({ file, text: (await onBranch(file)) ?? text });
  }
  return formatValues(inputs, site);
}

function notWritable({ file }: ValuesFileInputs): (error: unknown) => never {
  return (error) => {
    throw new ValuesFileError(
      file,
      `its directory cannot be written (${errorCode(error)})`,
      "Give the user that runs Pulumi write permission there.",
    );
  };
}
