import { beforeEndBreaks } from "./before-end";
import { canaryBreaks } from "./canary";
import { copyBreaks } from "./copies";
import { fileBreaks } from "./files";
import { folderBreaks } from "./folders";
import { formBreaks } from "./forms";
import { programBreaks } from "./program";
import { proofBreaks } from "./proof";
import { queueBreaks } from "./queue";
import { rollbackBreaks } from "./rollback";
import { rolloutBreaks } from "./rollout";
import { schema } from "./schema";
import { serviceBreaks } from "./services";
import { stateBreaks } from "./state";
import { stepFormBreaks } from "./step-forms";
import { step } from "./step";
import { takeOver } from "./take-over";
import { writerBreaks } from "./writers";

/** A small change of product code that takes one guarantee away, and the tests that must notice. */
export interface Break {
  /** What the product no longer guarantees, as a claim. */
  readonly guarantee: string;
  /** The file that is changed, from the repository's root. */
  readonly file: string;
  /** The text that is replaced; it occurs exactly once in the file. */
  readonly find: string;
  readonly replace: string;
  /** Test files that must fail, each with ` > ` and a part of a test's name if one test is enough. */
  readonly tests: readonly string[];
}

/** All breaks, room by room. */
export const breaks: readonly Break[] = [
  ...step,
  ...schema,
  ...stateBreaks,
  ...canaryBreaks,
  ...proofBreaks,
  ...stepFormBreaks,
  ...writerBreaks,
  ...rollbackBreaks,
  ...queueBreaks,
  ...beforeEndBreaks,
  ...copyBreaks,
  ...fileBreaks,
  ...folderBreaks,
  ...formBreaks,
  ...rolloutBreaks,
  ...serviceBreaks,
  ...programBreaks,
  ...takeOver,
];

/** The file and the test's name in an entry of `tests`. */
export function parseTest(test: string): { readonly file: string; readonly name?: string } {
  const [file = "", name] = test.split(" > ");
  return name === undefined ? { file } : { file, name };
}

/**
 * The file's text with the break in it.
 *
 * @throws Error if the break is stale: its text is missing, or occurs more than once
 */
export function applyTo(text: string, { file, find, replace }: Break): string {
  const [before, after, ...others] = text.split(find);
  if (before === undefined || after === undefined) {
    throw new Error(`${file} does not have the text ${JSON.stringify(find)}`);
  }
  if (others.length > 0) {
    const times = others.length + 1;
    throw new Error(`${file} has the text ${JSON.stringify(find)} ${times} times`);
  }
  return before + replace + after;
}
