import { describe, expect, it } from "vitest";
import { listPages } from "../tools/lint/pages";
import { violationsIn } from "../tools/lint/prose";
import { syntaxRules } from "./tools/syntax-rules";

const long = Array.from({ length: 36 }, (_, at) => `word${at}`).join(" ");

describe("the rules of prose", () => {
  it.each([
    ["fix", "Mend the cause, then run it again.", "Fix the cause, then run it again."],
    ["rollback", "There is no way\nback from here.", "There is no rollback from here."],
    ["unreachable", "MongoDB is out of reach.", "MongoDB is unreachable."],
    ["state directory", "- Files lie below the **state root**.", "In the state directory."],
    ["only", "Dependencies that apply in mongo mode alone.", "They apply only in mongo mode."],
    ["there is no", "This is **no** valid YAML.", "This is not valid YAML."],
    ["if or when", "Where MongoDB does not answer, nothing waits.", "It says where it comes from."],
    [
      "if or when",
      "| a | Where it is new, it waits. |",
      "| a | where the stack goes: there, too |",
    ],
    ["the usual", "Refused is an update to mongo.", "An update to mongo is refused."],
    ["otherwise", "It answers. Else the step stops.", "It is somewhere else."],
    ["for example", "Use a volume, e.g. NFS.", "Use a volume, for example NFS."],
    ["has 36 words", `${long}.`, `${long.replace("word18", "word18. It")}.`],
    ["by", "It is sent [via](x.md) a proxy.", "It is sent [by](via.md) a `via`."],
  ])("find %j in %j, and accept %j", (advice, wrong, right) => {
    expect(violationsIn(wrong).join("\n")).toContain(advice);
    expect(violationsIn(right)).toEqual([]);
  });

  it("leave code alone, and name the line", () => {
    const page =
      "Set `is no` and `mend`.\n\n    Where it is no more, mend it.\n\n```\nmend\n```\n\nThen\nmend it.";
    expect(violationsIn(page)).toEqual(['10: "mend": write fix']);
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
