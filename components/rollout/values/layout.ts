import * as pulumi from "@pulumi/pulumi";
import type { Args } from "../../step/program";
import { linesSetOutAnew } from "./document";
import { readValuesFile } from "./file";
import { switchMode, type ValuesFileInputs } from "./switch";

/** Says in a preview, on a values file, that more of it will change than our variables. */
export function warnOfLayout(inputs: Args<ValuesFileInputs>, file: pulumi.Resource): void {
  if (!pulumi.runtime.isDryRun()) return;
  pulumi.output(inputs).apply(async (known) => {
    const words = await describeLayout(known as ValuesFileInputs);
    if (words !== undefined) await pulumi.log.warn(words, file);
  });
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
