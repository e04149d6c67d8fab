import { expect, it } from "vitest";
import { jsonForms } from "../../cli/json";
import { examplesIn, linesBelow, mainPage, pagesByName } from "./pages";

it("the commands are in four groups, and `step` is in none", () => {
  const named = (heading: RegExp) =>
    linesBelow(mainPage, heading).map((line) => line.split(/,? /)[0] ?? "");
  const groups = [/^Before an update:$/, /^Database:$/, /^Data:$/, /^Pull requests:$/].map(named);
  expect(groups.flat()).toEqual([...pagesByName.keys()]);
  expect(groups[0]).toEqual(["doctor", "preview"]);
  expect(groups[1]).toEqual(expect.arrayContaining(["status", "plan", "apply", "script"]));
  expect(groups[2]).toEqual(["import", "verify", "export"]);
  expect(groups[3]).toEqual(["comment"]);
  expect(mainPage).not.toContain("step");
});

it("every page fits 80 columns", () => {
  const lines = [mainPage, ...pagesByName.values()].flatMap((page) => page.split("\n"));
  expect(lines.filter((line) => line.length > 80)).toEqual([]);
});

it("every description and every option is an imperative, not a third person", () => {
  for (const [name, page] of pagesByName) {
    const options = [...page.matchAll(/^ {2}-.*? {2,}(\w+)/gm)].map(([, word = ""]) => word);
    const described = page.split("\n")[2]?.split(" ")[0] ?? "";
    const words = [described, ...options].filter((word) => word.endsWith("s"));
    expect(words, name).toEqual([]);
  }
});

it("every page has examples of its command, each exit status and the common options", () => {
  for (const [name, page] of pagesByName) {
    const own = new RegExp(`^npx taskrunner-storage ${name} `);
    expect(examplesIn(page).some((line) => own.test(line))).toBe(true);
    const statuses = linesBelow(page, /^Exit status:$/).map((line) => Number(line.split(" ")[0]));
    expect(statuses, name).toEqual(expect.arrayContaining([0, 1, 64]));
    for (const option of ["--stack", "--json", "--quiet", "--help"]) {
      expect(page, name).toContain(` ${option}`);
    }
  }
});

it("every command has a schema of what it prints with --json", () => {
  expect(Object.keys(jsonForms)).toEqual(expect.arrayContaining([...pagesByName.keys(), "error"]));
});

const connecting = [...pagesByName].filter(([, page]) => page.includes("--connect-timeout"));

it("a page of a command that connects says how, and by which variables", () => {
  expect(connecting.map(([name]) => name)).toEqual(
    expect.arrayContaining(["status", "plan", "apply", "import", "verify", "export"]),
  );
  for (const [name, page] of connecting) {
    const variables = linesBelow(page, /^Environment:$/).join("\n");
    for (const part of ["SETTINGS", "MONGO_URI", "MONGO_CA"]) {
      expect(variables, name).toContain(`TASKRUNNER_${part}`);
    }
    expect(page, name).toContain("--uri-file");
  }
});
