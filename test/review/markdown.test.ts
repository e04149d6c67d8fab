import { expect, it } from "vitest";
import * as markdown from "../../components/review/safe/markdown";

const { code, details, codeBlock, join, link, md, ours, table, wrap } = markdown;

it("a text in our words is code, a number and our own piece are not", () => {
  expect(md`stack ${"prod"}, ${1_234} runs: ${ours("_kept_")}`.text).toBe(
    "stack `prod`, 1,234 runs: _kept_",
  );
  expect(join([ours("a"), code("b")], " + ").text).toBe("a + `b`");
});

it.each([
  ["plain", "`plain`"],
  ["", "(empty)"],
  [" \n ", "(empty)"],
  ["a\r\n\t b", "`a b`"],
  ["a\u0000b\u202ec\ud800d\u2028e", "`a\ufffdb\ufffdc\ufffdd e`"],
  ["a|b", "`a`&#124;`b`"],
  ["|", "&#124;"],
  ["a `b` c", "``a `b` c``"],
  ["a ``b`` `c", "```a ``b`` `c```"],
  ["`a", "`` `a ``"],
  ["a`", "`` a` ``"],
  // One space at each end is not shown.
  ["a |b", "` a  `&#124;`b`"],
  ["a| b", "`a`&#124;`  b `"],
])("%j in a line is %s", (text, shown) => {
  expect(code(text).text).toBe(shown);
});

it("a text of up to 330 characters is shown whole, of a longer one 300 and a count", () => {
  expect(code("x".repeat(330)).text).toBe(`\`${"x".repeat(330)}\``);
  expect(code("x".repeat(331)).text).toBe(`\`${"x".repeat(300)}\` (and 31 more characters)`);
  expect(codeBlock(["x".repeat(330)]).text).toBe(`\`\`\`\n${"x".repeat(330)}\n\`\`\``);
  expect(codeBlock(["x".repeat(331)]).text).toContain(
    `${"x".repeat(300)} (and 31 more characters)\n`,
  );
});

it("a block has sixty lines and counts the others", () => {
  const lines = Array.from({ length: 61 }, (_, at) => `line ${at + 1}`);

  expect(codeBlock(lines.slice(0, 60), "diff").text).toBe(
    ["```diff", ...lines.slice(0, 60), "```"].join("\n"),
  );
  expect(codeBlock(lines).text.split("\n").slice(-3)).toEqual(["line 60", "and 1 more", "```"]);
});

it("a block ends with more quotes than it has inside, and shows what cannot be seen", () => {
  expect(codeBlock(["a ```` b", "`"]).text).toBe("`````\na ```` b\n`\n`````");
  expect(codeBlock(["a ``` b"]).text).toBe("````\na ``` b\n````");
  expect(codeBlock(["a `` b"]).text).toBe("```\na `` b\n```");
  expect(codeBlock(["\ta\u0007b"]).text).toBe("```\n  a\ufffdb\n```");
});

it("no line of a block begins with a slash, which GitLab takes for a command", () => {
  expect(codeBlock(["/merge", "a /b", "```", "/close /c"]).text).toBe(
    "````\n /merge\na /b\n```\n /close /c\n````",
  );
});

it("a long sentence goes on in the next line, further in", () => {
  const first = "x".repeat(45);
  const second = "y".repeat(44);

  expect(wrap(`${first} ${second}`)).toEqual([`${first} ${second}`]);
  expect(wrap(`  ${first} ${second}y z`)).toEqual([`  ${first}`, `    ${second}y z`]);
  expect(wrap("a\r\n b\n\nc")).toEqual(["a", " b", "", "c"]);
});

it("a table has a row for each line of cells", () => {
  expect(table(["what", "how"], [[ours("a"), code("b")]]).text).toBe(
    "| what | how |\n| :-- | :-- |\n| a | `b` |",
  );
});

it.each([
  ["https://ci.example.com:8080/o/r/actions/1", true],
  ["http://host/a", true],
  ["https://host", false],
  ["https://host/", false],
  ["https://host/a/", false],
  ["https://host/a)b", false],
  ["https://u@host/a", false],
  ["https://host/a?b", false],
  [" https://host/a", false],
  ["javascript://host/a", false],
  [undefined, false],
])("%s is an address for a link: %s", (address, isPlain) => {
  expect(link("run", address).text).toBe(isPlain ? `[run](${address ?? ""})` : "run");
});

it("what is folded away has an empty line around it", () => {
  expect(details("more", ours("inside")).text).toBe(
    "<details><summary>more</summary>\n\ninside\n\n</details>",
  );
});
