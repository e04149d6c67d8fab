import { expect, it } from "vitest";
import { answerIn, linesIn } from "../../components/step/jobs/result";
import { withoutSecrets } from "../../components/step/jobs/errors";

it("the answer is the last JSON value, whatever was said before it", () => {
  const value = { runs: { read: 1 }, quarantine: [{ detail: "a line\n{\n with a brace" }] };
  const json = JSON.stringify(value, undefined, 2);
  expect(answerIn(`${json}\n`)).toEqual(value);
  expect(answerIn(`import: 3 files {\n{ not json\n${json}\n`)).toEqual(value);
  expect(answerIn(`${JSON.stringify({ earlier: 1 }, undefined, 2)}\n${json}\n`)).toEqual(value);
});

it("a log without one has no answer", () => {
  for (const log of ["", "import: 3 files\n", '{\n  "runs": {\n', "{\n not json\n}\n", "}\n{\n"]) {
    expect(answerIn(log)).toBeUndefined();
  }
});

it("a line of a log shows no connection string", () => {
  const cases = [
    ["no mongodb://u:p@h:1/d?x=y here", "no mongodb://*** here"],
    ['{"uri":"mongodb+srv://u:p@h/d"}', '{"uri":"mongodb+srv://***"}'],
    ["proxy http://u:p@h:3128", "proxy http://***@h:3128"],
    ["  Connecting to MongoDB at h:1", "Connecting to MongoDB at h:1"],
  ];
  for (const [line = "", shown] of cases) expect(withoutSecrets(line)).toBe(shown);
});

it("what a pod said before its answer is told by its last lines", () => {
  const before = Array.from({ length: 30 }, (_, at) => `line ${at}`);
  const json = JSON.stringify({ done: true }, undefined, 2);
  expect(linesIn(`${before.join("\n")}\n${json}\n`)).toEqual(before.slice(-20));
  expect(linesIn(`${json}\n`)).toEqual([]);
});
