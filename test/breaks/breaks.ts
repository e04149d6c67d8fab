import { globSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import ts from "typescript";

/**
 * A change of product code that takes one guarantee away, and the tests that must notice. It is made below the
 * comment `// guarantee: …`, wherever that is: the statement, or the member of a list, goes or is another one.
 */
export interface Break {
  /** The comment's text: a claim that stands once in the product. */
  readonly guarantee: string;
  /** What is there instead, or `swapped`; nothing if it is left out. */
  readonly instead?: string;
  /** Test files that must fail, each with ` > ` and a part of a test's name if one test is enough. */
  readonly tests: readonly string[];
}

/** The statement changes places with the next one. */
export const swapped = "(swapped)";

export const root = resolve(__dirname, "../..");

/** The file and the test's name in an entry of `tests`. */
export function parseTest(test: string): { readonly file: string; readonly name?: string } {
  const [file = "", name] = test.split(" > ");
  return name === undefined ? { file } : { file, name };
}

/** All comments in the product that name a guarantee. */
export function findComments(): { readonly file: string; readonly guarantee: string }[] {
  const files = globSync("{components,cli,policy}/**/*.{ts,cjs}", { cwd: root });
  return files.flatMap((file) =>
    [...readFileSync(join(root, file), "utf8").matchAll(/^ *\/\/ guarantee: (.+)$/gm)].map(
      ([, guarantee = ""]) => ({ file, guarantee }),
    ),
  );
}

/** The text of a file, which has the comment, with the break in it. */
export function applyTo(text: string, { guarantee, instead = "" }: Break): string {
  const comment = `// guarantee: ${guarantee}\n`;
  const source = ts.createSourceFile("", text, ts.ScriptTarget.Latest, true);
  const node = findFirst(source, text.indexOf(comment) + comment.length);
  const start = node.getStart();
  if (instead === swapped) {
    const next = findFirst(source, node.end);
    const between = text.slice(node.end, next.getStart());
    return text.slice(0, start) + next.getText() + between + node.getText() + text.slice(next.end);
  }
  // A member of a list goes with its comma.
  const end = instead === "" && text[node.end] === "," ? node.end + 1 : node.end;
  return text.slice(0, start) + instead + text.slice(end);
}

/** The largest node that begins with the first token from a position on. */
function findFirst(source: ts.SourceFile, position: number): ts.Node {
  const visit = (node: ts.Node): ts.Node | undefined => {
    if (node.end <= position) return undefined;
    return node.getStart() >= position ? node : ts.forEachChild(node, visit);
  };
  return ts.forEachChild(source, visit) ?? source;
}
