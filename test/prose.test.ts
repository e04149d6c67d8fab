import { execa } from "execa";
import { beforeAll, describe, expect, it } from "vitest";
import { repository, vale } from "../tools/parts";
import { listPages } from "../tools/lint/pages";
import { syntaxRules } from "./tools/syntax-rules";

/** What the rules say of a text of Markdown: the names of those that it breaks. */
async function brokenBy(text: string): Promise<string[]> {
  const args = ["--config", "tools/vale/vale.ini", "--output", "JSON", "--ext", ".md"];
  const options = { cwd: repository, input: `${text}\n`, reject: false } as const;
  const { stdout } = await execa(await vale(), args, options);
  const alerts = Object.values(JSON.parse(stdout) as Record<string, { Check: string }[]>).flat();
  return [...new Set(alerts.map(({ Check }) => Check.replace("Words.", "")))];
}

// Where it is missing it is built, which takes longer than a test may.
beforeAll(() => vale());

const long = Array.from({ length: 36 }, (_, at) => `word${at}`).join(" ");

describe("the rules of prose", () => {
  it.each([
    ["Terms", "Mend the cause, then run it again.", "Fix the cause, then run it again."],
    ["Terms", "There is no way back from here.", "There is no rollback from here."],
    ["Terms", "MongoDB is out of reach.", "MongoDB is unreachable."],
    ["Terms", "Files lie below the state root.", "Files are in the state directory."],
    ["Alone", "Dependencies that apply in mongo mode alone.", "They apply only in mongo mode."],
    ["IsNo", "This is no valid YAML.", "This is not valid YAML."],
    ["Where", "Where MongoDB does not answer, nothing waits.", "It says where MongoDB comes from."],
    ["Inversion", "Refused is an update to mongo.", "An update to mongo is refused."],
    ["Inversion", "It answers. Else the step stops.", "It is somewhere else."],
    ["Latin", "Use a volume, e.g. NFS.", "Use a volume, for example NFS."],
    ["Sentence", `${long}.`, `${long.replace("word18", "word18. It")}.`],
  ])("%s finds %j, and accepts %j", async (rule, wrong, right) => {
    expect(await brokenBy(wrong)).toContain(rule);
    expect(await brokenBy(right)).toEqual([]);
  });

  it("leave code alone", async () => {
    expect(await brokenBy("Set `is no` and `mend`.\n\n    Where it is no more, mend it.")).toEqual(
      [],
    );
  });

  it("hold for the texts in the code", async () => {
    const brokenByCode = await syntaxRules("index.ts");

    expect(brokenByCode('throw new Error("MongoDB is out of reach.");')).toHaveLength(1);
    expect(brokenByCode("warn(`${uri} is no valid URI`);")).toHaveLength(1);
    expect(brokenByCode("warn(`${uri} is not valid: unreachable`);")).toEqual([]);
  });

  it("hold for every page but what a command wrote", () => {
    const found = listPages();

    for (const page of ["README.md", "CHANGELOG.md", "docs/faq.md", "examples/README.md"]) {
      expect(found).toContain(page);
    }
    expect(found.filter((page) => page.startsWith("test/"))).toEqual([]);
  });
});
