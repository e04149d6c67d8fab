import { expect, it } from "vitest";
import { readLog } from "../../components/step/jobs/result";
import { withoutSecrets } from "../../components/step/jobs/errors";

it("the answer is the last line of JSON, whatever was said before it or behind it", () => {
  const value = { runs: { read: 1 }, quarantine: [{ detail: "a line\n{\n with a brace" }] };
  const json = JSON.stringify(value);
  expect(readLog(`${json}\n`).answer).toEqual(value);
  expect(readLog(`import: 3 files {\n{ not json\n${json}\n`).answer).toEqual(value);
  expect(readLog(`${JSON.stringify({ earlier: 1 })}\n${json}\n`).answer).toEqual(value);
  expect(readLog(`${json}\nwarning: late\n`).answer).toEqual(value);
});

it("a log without one has no answer", () => {
  for (const log of ["", "import: 3 files\n", '{"runs": {\n', "{\n not json\n}\n", "}\n{\n"]) {
    expect(readLog(log).answer).toBeUndefined();
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
  const json = JSON.stringify({ done: true });
  expect(readLog(`${before.join("\n")}\n${json}\n`).said).toEqual(before.slice(-20));
  expect(readLog(`${json}\n`).said).toEqual([]);
});
