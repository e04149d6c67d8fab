import * as pulumi from "@pulumi/pulumi";
import { StepResource } from "../../step/program";
import type { Service } from "../environment";
import { linesSetOutAnew } from "./document";
import { readValuesFile } from "./file";
import { ValuesFile } from "./provider";
import { switchMode, type ValuesFileInputs, type ValuesFileResults } from "./switch";

/**
 * A service's values file as a resource: the file in the mode asked for. Its text before the cutover is
 * kept in `before`, a secret output, because a site may have had its connection string there as text.
 */
export function valuesFileOf(
  service: Service,
  inputs: pulumi.Output<ValuesFileInputs>,
  options: pulumi.CustomResourceOptions,
): StepResource<ValuesFileInputs, ValuesFileResults> {
  const direction = inputs.apply(({ direction = "rest" }) => direction);
  const { file: name, path, mode, environment } = inputs;
  const all = { direction, service, file: name, path, mode, environment };
  const file = new StepResource(ValuesFile, service, all, options);
  if (pulumi.runtime.isDryRun()) inputs.apply((known) => warnOfLayout(known, file));
  return file;
}

async function warnOfLayout(inputs: ValuesFileInputs, file: pulumi.Resource): Promise<void> {
  const words = await describeLayout(inputs);
  if (words !== undefined) await pulumi.log.warn(words, file);
}

/**
 * Why more lines of a file will differ than the cutover's own, for the reviewer of its change; undefined
 * where none will. A file that cannot be read or edited is refused by the provider, not here.
 */
export async function describeLayout(inputs: ValuesFileInputs): Promise<string | undefined> {
  const lines = await linesThatChange(inputs).catch(() => 0);
  if (lines === 0) return undefined;
  return (
    `${inputs.file}: pulumi up also reformats ${lines} ${lines === 1 ? "line" : "lines"} (indentation, ` +
    "blank lines, line breaks in strings). Their values stay the same, and a rollback restores them."
  );
}

async function linesThatChange(inputs: ValuesFileInputs): Promise<number> {
  if (inputs.mode === "filesystem") return 0;
  const text = await readValuesFile(inputs.file);
  return switchMode(text, inputs).text === text ? 0 : linesSetOutAnew(text, inputs.file);
}
