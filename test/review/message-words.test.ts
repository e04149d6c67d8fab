import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { expect, it } from "vitest";
import { repository } from "../../tools/parts";

/** What somebody said, by the names that it has in the code. */
const messages = new Set(["message", "text", "printed", "why", "reason", "stderr", "words"]);
const looks = ["test", "exec", "match", "matchAll", "search", "replace"];
const matchers = new Set([...looks, "includes", "startsWith", "endsWith", "indexOf"]);
/** What makes any text from outside safe, whatever it says. */
const forms = ["components/review/safe/"];

/** Where a source looks for words in a message: `line: code`. */
function matchesOfWords(name: string, source: string): string[] {
  const file = ts.createSourceFile(name, source, ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const isMessage = (node: ts.Node): boolean => {
    if (ts.isIdentifier(node)) return messages.has(node.text);
    if (ts.isPropertyAccessExpression(node)) return messages.has(node.name.text);
    if (ts.isCallExpression(node)) return isMessage(node.expression) || isCallOnMessage(node);
    return ts.isNonNullExpression(node) && isMessage(node.expression);
  };
  const isCallOnMessage = ({ expression }: ts.CallExpression) =>
    ts.isPropertyAccessExpression(expression) && isMessage(expression.expression);
  const visit = (node: ts.Node): void => {
    const isLook =
      ts.isCallExpression(node) &&
      ts.isPropertyAccessExpression(node.expression) &&
      matchers.has(node.expression.name.text) &&
      (isMessage(node.expression.expression) || node.arguments.some(isMessage));
    if (isLook) {
      const { line } = file.getLineAndCharacterOfPosition(node.getStart());
      found.push(`${name}:${line + 1}: ${node.getText()}`);
    }
    node.forEachChild(visit);
  };
  visit(file);
  return found;
}

it("finds each way to look for words in a message", () => {
  const ways = [
    "/stop/.test(message)",
    "/stop/.exec(one.text)",
    'error.message.includes("stop")',
    'printed.toLowerCase().startsWith("stop")',
    "text.match(/stop/)",
    'error.stderr.trim().endsWith("stop")',
  ];
  for (const way of ways) expect(matchesOfWords("x.ts", way)).toEqual([`x.ts:1: ${way}`]);
  expect(matchesOfWords("x.ts", 'kind.includes("stop") && code === "stop"')).toEqual([]);
});

it("no word of a message decides anything in `review` and `cli`", () => {
  const files = globSync(["components/review/**/*.ts", "cli/*.ts"], { cwd: repository });
  expect(files.length).toBeGreaterThan(20);
  const found = files
    .filter((file) => !forms.some((form) => file.startsWith(form)))
    .flatMap((file) => matchesOfWords(file, readFileSync(join(repository, file), "utf8")));
  expect(found).toEqual([]);
});
