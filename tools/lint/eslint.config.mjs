import { readFileSync } from "node:fs";
import { join } from "node:path";
import tseslint from "typescript-eslint";
import { parse } from "yaml";

/** The words that no text of the program has: those of the pages, but for what only whole sentences show. */
const words = parse(readFileSync(join(import.meta.dirname, "words.yml"), "utf8"));
const found = words.filter(({ pages }) => !pages).map(({ find }) => find);
const pattern = `/(?<!\\w)(?:${found.join("|")})(?!\\w)/i`;
const unwanted = {
  selector: `:matches(Literal[value=${pattern}], TemplateElement[value.raw=${pattern}])`,
  message: "tools/lint/words.yml has another word for one in this text.",
};

const literal = ":matches(ObjectExpression, ArrayExpression)";

/** What only keeps lines together for prettier, and what a reader takes for a mistake. */
const golf = [
  {
    selector: `SpreadElement > ${literal}, SpreadElement > TSAsExpression > ${literal}`,
    message: "Write the members of this literal where it is spread.",
  },
  {
    selector: [
      "VariableDeclarator[id.type='ArrayPattern'] > ArrayExpression",
      "VariableDeclarator[id.type='ArrayPattern'] > TSAsExpression > ArrayExpression",
      "VariableDeclarator[id.type='ObjectPattern'] > ObjectExpression",
      "AssignmentPattern[left.type='ArrayPattern'] > ArrayExpression",
    ].join(", "),
    message: "Declare each of these variables by itself.",
  },
  {
    // A swap has only names and members on its right.
    selector:
      "AssignmentExpression[left.type='ArrayPattern'] > ArrayExpression:has(> :not(Identifier, MemberExpression))",
    message: "Assign to each of these variables by itself; only a swap needs a list.",
  },
];

export default tseslint.config(
  { ignores: ["node_modules/", ".dev/", "coverage/", "dist/"] },
  {
    files: ["**/*.ts", "**/*.mts"],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: join(import.meta.dirname, "../..") },
    },
    rules: {
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "no-restricted-syntax": ["error", ...golf],
      "max-lines": ["error", { max: 300, skipBlankLines: true, skipComments: true }],
      "max-lines-per-function": ["error", { max: 70, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    files: ["index.ts", "components/**/*.ts", "cli/**/*.ts", "policy/**/*.ts"],
    rules: { "no-restricted-syntax": ["error", ...golf, unwanted] },
  },
  {
    // Their own tsconfig.json is for a project that has the package.
    files: ["examples/**/*.ts"],
    languageOptions: { parserOptions: { projectService: false, project: "tsconfig.json" } },
  },
  {
    files: ["test/**/*.ts"],
    rules: { "max-lines-per-function": "off" },
  },
);
