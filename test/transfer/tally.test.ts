import { expect, it } from "vitest";
import { defaultFolders } from "../../components/contract";
import { importSections, removedSections } from "../../components/transfer/describe/import";
import { toMessages } from "../../components/transfer/describe/sections";
import { Tally } from "../../components/transfer/tally";

const runIds = Array.from({ length: 1_200 }, (_, at) => `r-${at}`);

it("cases beyond the first thousand are counted, and told with their number", () => {
  const tally = new Tally();
  for (const runId of runIds) tally.remove("runs", runId, { status: "Running" });
  const report = tally.report();
  expect(report.removedUnfinished.count).toBe(1_200);
  expect(report.removedUnfinished.cases).toEqual(runIds.slice(0, 1_000));
  const [, { text } = { text: "" }] = toMessages(removedSections(report)) as { text: string }[];
  expect(text).toMatch(/^1,200 runs removed .*: r-0, .* and 1,195 more\./);
});

it("so are logs whose last line has no end yet", () => {
  const tally = new Tally();
  for (const runId of runIds) {
    tally.leaveIncomplete({ file: `logs/runs/${runId}.ndjson`, line: 1, offset: 0 });
  }
  const sections = importSections(tally.report(), { root: "/tr", folders: defaultFolders });
  const section = sections.find(({ title }) => title.includes("last line"));
  expect(section?.count).toBe(1_200);
});

it("two tallies add up, with the first thousand cases of both", () => {
  const both = new Tally();
  const other = new Tally();
  for (const runId of runIds) {
    (runId < "r-5" ? both : other).remove("runs", runId, { status: "Running" });
  }
  both.add(other);
  expect(both.counts.runs.removed).toBe(1_200);
  expect(both.removedUnfinished.count).toBe(1_200);
  expect(both.removedUnfinished.cases).toHaveLength(1_000);
});
