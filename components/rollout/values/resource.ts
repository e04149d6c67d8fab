import * as pulumi from "@pulumi/pulumi";
import { DynamicResource, shim } from "../../dynamic/program";
import { linesSetOutAnew } from "./document";
import { readValuesFile } from "./file";
import { switched, type ValuesFileInputs } from "./switch";

/**
 * A service's values file as a resource: the file in the mode asked for. Its text before the cutover is
 * kept in `before`, a secret output, because a site may have had its connection string there as text.
 */
export class ValuesFile extends DynamicResource {
  declare readonly file: pulumi.Output<string>;
  declare readonly mode: pulumi.Output<ValuesFileInputs["mode"]>;

  constructor(name: string, inputs: ValuesFileInputs, opts: pulumi.CustomResourceOptions) {
    super(
      shim("components/rollout/provider", "ValuesFile"),
      name,
      { ...inputs, before: undefined },
      { ...opts, additionalSecretOutputs: ["before"] },
      "taskrunner",
      "ValuesFile",
    );
    if (pulumi.runtime.isDryRun()) void this.warnOfLayout(inputs);
  }

  private async warnOfLayout(inputs: ValuesFileInputs): Promise<void> {
    const words = await layoutInWords(inputs);
    if (words !== undefined) await pulumi.log.warn(words, this);
  }
}

/**
 * Why more lines of a file will differ than the cutover's own, for the reviewer of its change; undefined
 * where none will. A file that cannot be read or edited is refused by the provider, not here.
 */
export async function layoutInWords(inputs: ValuesFileInputs): Promise<string | undefined> {
  const lines = await linesThatChange(inputs).catch(() => 0);
  if (lines === 0) return undefined;
  return (
    `${inputs.file}: ${lines} ${lines === 1 ? "line" : "lines"} would be set out anew beside our ` +
    "variables (indentation, blanks, line breaks in texts). What they say stays the same, and a rollback " +
    "restores them."
  );
}

async function linesThatChange(inputs: ValuesFileInputs): Promise<number> {
  if (inputs.mode === "filesystem") return 0;
  const text = await readValuesFile(inputs.file);
  return switched(text, inputs).text === text ? 0 : linesSetOutAnew(text, inputs.file);
}
