import { ESLint, Linter } from "eslint";
import tseslint from "typescript-eslint";
import { repository } from "../../tools/parts";

/** What eslint's rules on syntax say of code in a file with this path: the messages of those that it breaks. */
export async function syntaxRules(path: string): Promise<(code: string) => string[]> {
  const overrideConfigFile = "tools/lint/eslint.config.mjs";
  const eslint = new ESLint({ cwd: repository, overrideConfigFile });
  const { rules } = (await eslint.calculateConfigForFile(path)) as Linter.Config;
  const syntax = { "no-restricted-syntax": rules?.["no-restricted-syntax"] ?? "off" } as const;
  const languageOptions = { parser: tseslint.parser as Linter.Parser };
  return (code) =>
    new Linter().verify(code, { languageOptions, rules: syntax }).map(({ message }) => message);
}
