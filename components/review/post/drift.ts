import { z } from "zod";
import { partsOf } from "../read/preview";
import { PostError } from "./errors";

/** A resource that is not as the program sets it up. */
export interface Difference {
  /** What `up` would do about it, such as `update`. */
  readonly operation: string;
  readonly name: string;
  /** Such as `pulumi-nodejs:dynamic/mongo:Index`. */
  readonly type: string;
}

const preview = z.object({
  steps: z.array(z.object({ op: z.string(), urn: z.string() })).optional(),
  diagnostics: z.array(z.object({ severity: z.string(), message: z.string() })).optional(),
});

/** Steps that change nothing. */
const idle = ["same", "refresh", "read"];

/** So many resources are named. */
const named = 50;

/**
 * What `up` would change.
 *
 * @param text what `pulumi preview --refresh --json` prints
 * @throws PostError where it is something else, or the preview of one that failed
 */
export function driftIn(text: string): Difference[] {
  const { steps, diagnostics = [] } = parsed(text);
  const failed = diagnostics.some(({ severity }) => severity === "error");
  if (failed || !steps) {
    throw new PostError(
      "The preview failed, so it is not known what differs: look at its own words.",
    );
  }
  return steps
    .filter(({ op }) => !idle.includes(op))
    .map(({ op, urn }) => {
      const { name, type } = partsOf(urn);
      return { operation: op, name, type };
    });
}

function parsed(text: string): z.infer<typeof preview> {
  try {
    return preview.parse(JSON.parse(text));
  } catch {
    throw new PostError(
      "The preview cannot be read: give --preview what `pulumi preview --refresh --json` prints.",
    );
  }
}

/**
 * What differs, as Markdown.
 *
 * @param run the address of the workflow's run, where there is one
 */
export function driftInMarkdown(
  stack: string,
  differences: readonly Difference[],
  run?: string,
): string {
  const first = differences
    .slice(0, named)
    .map(
      ({ operation, name, type }) => `| ${inCode(operation)} | ${inCode(name)} | ${inCode(type)} |`,
    );
  const more = differences.length - first.length;
  return [
    `${counted(differences.length)} of stack ${inCode(stack)} ${differences.length === 1 ? "differs" : "differ"} ` +
      "from the settings in git: changed by hand, or not brought there yet.",
    "",
    "| up would | resource | type |",
    "| --- | --- | --- |",
    ...first,
    ...(more > 0 ? ["", `And ${more} more.`] : []),
    "",
    `Look: ${inCode(`pulumi preview --refresh --diff --stack ${stack}`)}. Mend: run up, or put ` +
      "what was changed by hand into the settings. This issue is kept up to date, and closed when nothing differs.",
    ...(run === undefined ? [] : ["", `Found by ${run}`]),
  ].join("\n");
}

const counted = (count: number) => (count === 1 ? "1 resource" : `${count} resources`);

/** A name in a code span; what could end the span or the table's cell is left out. */
function inCode(text: string): string {
  return `\`${text.replaceAll(/[^\w.:/$@ -]/g, "?").slice(0, 200)}\``;
}
