import { expect, it } from "vitest";
import { formatAnswer as formatFor, parseAnswer } from "../../components/step";

// Another test of this process may have told lines.
const formatAnswer = (answer: object) => formatFor(answer, []);

const cases = (count: number, detail = "is not JSON") =>
  Array.from({ length: count }, (_, at) => ({ file: `state/runs/${at}.json`, detail }));

it("an answer that fits comes as it is, with its empty lists", () => {
  const report = { runs: { read: 2 }, quarantine: cases(2), incomplete: [], hash: "a\n{" };
  const answer = { results: { report, held: ["r", "s"] }, lines: ["one", "two"] };

  expect(parseAnswer(formatAnswer(answer))).toEqual({ answer, leftOut: 0 });
});

it("an answer whose examples exceed 4,096 bytes has its counts and texts, and says how many are left out", () => {
  const counts = { read: 90_000, quarantined: 60 };
  const different = cases(60).map(({ file }) => ({ id: file, paths: ["plan", "steps"] }));
  const report = { runs: counts, quarantine: cases(60), different };
  const answer = { unfinished: { reasons: ["no", "and no"], results: { report } } };
  const message = formatAnswer(answer);
  expect(Buffer.byteLength(message)).toBeGreaterThan(3_900);
  expect(Buffer.byteLength(message)).toBeLessThanOrEqual(4_096);

  const found = parseAnswer(message);
  const { unfinished } = found?.answer as typeof answer;
  const { quarantine, different: first } = unfinished.results.report;
  expect(unfinished.reasons).toEqual(["no", "and no"]);
  expect(unfinished.results.report.runs).toEqual(counts);
  expect(quarantine.length).toBeGreaterThan(10);
  expect(quarantine).toEqual(report.quarantine.slice(0, quarantine.length));
  expect(first).toEqual(different.slice(0, first.length));
  expect(found?.leftOut).toBe(120 - quarantine.length - first.length);
});

it("an answer that a kubelet cuts, because five containers share the room, loses examples only", () => {
  const report = { runs: { read: 90_000 }, quarantine: cases(60) };
  const message = formatAnswer({ results: { report } });
  const found = parseAnswer(message.slice(0, Math.floor((12 * 1_024) / 5)));
  const { results } = found?.answer as { results: { report: typeof report } };

  expect(results.report.runs).toEqual(report.runs);
  expect(results.report.quarantine.length).toBeGreaterThan(10);
  expect(found?.leftOut).toBe(60 - results.report.quarantine.length);
});

it("a text that is too long keeps its beginning and its end", () => {
  const text = `Import of claim: ${"\u00e4".repeat(5_000)} Set advanced.acceptQuarantined.`;
  const found = parseAnswer(formatAnswer({ failed: [text, "and more"] }));
  const [long = "", more] = (found?.answer as { failed: string[] }).failed;

  expect(long).toMatch(/^Import of claim: .* \.\.\. .* Set advanced\.acceptQuarantined\.$/);
  expect(more).toBe("and more");
});

it("a message without an answer gives none", () => {
  for (const message of ["", "exec format error", "1", '{"results":']) {
    expect(parseAnswer(message)).toBeUndefined();
  }
});

it("an answer shows no connection string", () => {
  const texts = [
    "no mongodb://u:hidden@h:1/d?x=y",
    'in "mongodb+srv://u:hidden@h/d"',
    "http://u:hidden@p",
  ];
  const results = {
    location: texts[0],
    report: { quarantine: texts.map((detail) => ({ detail })) },
  };
  const message = formatAnswer({ results, lines: texts, failed: texts });
  expect(message).toContain("mongodb+srv://***");
  expect(message).not.toContain("hidden");
  expect(parseAnswer(message)).toMatchObject({ answer: { lines: expect.any(Array) as string[] } });
});
