import { readFileSync } from "node:fs";
import tseslint from "typescript-eslint";
import { parse } from "yaml";

/** The words that no text of the program has: those of the pages (tools/vale), which has a message for each. */
const unwanted = ["Terms", "Latin", "IsNo", "Inversion"].map((name) => {
  const file = `tools/vale/styles/Words/${name}.yml`;
  const { swap = {}, tokens = [], message } = parse(readFileSync(file, "utf8"));
  const words = Object.keys(swap).map((word) => `\\b(?:${word.replaceAll("\\b", "")})(?!\\w)`);
  const pattern = `/${[...words, ...tokens].join("|")}/i`;
  const selector = `:matches(Literal[value=${pattern}], TemplateElement[value.raw=${pattern}])`;
  return { selector, message: `${file}: ${message}` };
});

/** A function does something, so its name begins with a verb: `describePlan`, never `planInWords`. */
const participles = [
  "(?!embedded|need|feed|seed|speed|succeed)[a-z]+ed",
  "begun|broken|built|chosen|done|drawn|driven|fed|felt|foreseen|found|given|gone|held|hidden|kept",
  "known|led|left|lost|made|meant|met|overdrawn|said|seen|sent|shown|sold|spent|spoken|stuck|taken",
  "taught|thought|told|torn|understood|unseen|unwound|won|wound|withdrawn|written",
];
const functionNames = {
  format: null,
  custom: { regex: `[iI]nWords$|^(${participles.join("|")})([A-Z]|$)`, match: false },
};

export default tseslint.config(
  { ignores: ["node_modules/", ".dev/", "coverage/", "dist/"] },
  {
    files: ["**/*.ts", "**/*.mts"],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "max-lines": ["error", { max: 300, skipBlankLines: true, skipComments: true }],
      "max-lines-per-function": ["error", { max: 60, skipBlankLines: true, skipComments: true }],
      "@typescript-eslint/naming-convention": [
        "error",
        { selector: ["function", "classMethod"], ...functionNames },
        { selector: "variable", types: ["function"], ...functionNames },
      ],
    },
  },
  {
    files: ["index.ts", "components/**/*.ts", "cli/**/*.ts", "policy/**/*.ts"],
    rules: { "no-restricted-syntax": ["error", ...unwanted] },
  },
  {
    files: ["test/**/*.ts"],
    rules: {
      "max-lines-per-function": "off",
      // A test calls its small functions by what they give: `const refused = () => ...`.
      "@typescript-eslint/naming-convention": "off",
    },
  },
);
