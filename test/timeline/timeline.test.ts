import { describe, expect, it } from "vitest";
import {
  age,
  readTimeline,
  describeStop,
  timelineFrom,
  describeTimeline,
  formatMarkdown,
} from "../../components/timeline";
import { diagramReader } from "../diagrams";

const at = (minute: number) => new Date(Date.UTC(2026, 10, 25, 21, minute)).toISOString();
const span = (began: number, ended?: number) => ({
  began: at(began),
  ...(ended !== undefined && { ended: at(ended) }),
});
const amount = (runs: number, bytes: number) => ({
  counts: { runs, logs: 14_262, artifacts: 0, approvals: 0 },
  bytes,
});
const nothing = {
  ...{ imported: undefined, drain: undefined, handover: undefined },
  ...{ worker: undefined, web: undefined, verified: undefined },
  ...{ imports: undefined, exports: undefined },
};
const done = {
  imported: { forward: span(0, 10) },
  drain: { forward: span(10, 12) },
  handover: { forward: span(12, 13) },
  worker: { forward: span(13, 15) },
  web: { forward: span(15, 17) },
  verified: { forward: span(17, 20) },
  imports: amount(132, 3.2e9),
  exports: undefined,
};
const cutover = {
  ...{ began: at(0), drainBegan: at(10), drained: at(12), fence: at(13) },
  ...{ workerReady: at(15), webReady: at(17), verified: at(20) },
  ...amount(132, 3.2e9),
};

describe("a timeline", () => {
  it("has the moments of the last cutover, and how much went over", () => {
    expect(timelineFrom(done)).toEqual({ cutover, rollback: null });
  });

  it("has none of a stack that began on files", () => {
    expect(timelineFrom(nothing)).toEqual({ cutover: null, rollback: null });
  });

  it("has the last rollback beside the cutover before it", () => {
    const back = {
      ...done,
      drain: { ...done.drain, back: span(40, 41) },
      handover: { ...done.handover, back: span(41, 42) },
      worker: { ...done.worker, back: span(42, 44) },
      web: { ...done.web, back: span(44, 45) },
      exports: amount(7, 1_000),
    };

    expect(timelineFrom(back)).toEqual({
      cutover,
      rollback: {
        ...{ began: at(40), drainBegan: at(40), drained: at(41), exported: at(42) },
        ...{ workerReady: at(44), webReady: at(45), ...amount(7, 1_000) },
      },
    });
  });

  it("takes no moment, and no amount, of a former cutover for one of this", () => {
    const second = { ...done, imported: { forward: span(60) } };
    expect(timelineFrom(second).cutover).toEqual({ began: at(60) });
    const drained = {
      ...second,
      imported: { forward: span(60, 62) },
      drain: { forward: span(62) },
    };
    expect(timelineFrom(drained).cutover).toEqual({
      ...{ began: at(60), drainBegan: at(62), ...amount(132, 3.2e9) },
    });
  });

  it("is read from a stack's output, and nothing else is taken for one", () => {
    expect(readTimeline(timelineFrom(done))).toEqual({ cutover, rollback: null });
    for (const other of [undefined, {}, { cutover: { began: "now" }, rollback: null }]) {
      expect(readTimeline(other)).toBeUndefined();
    }
  });
});

describe("a timeline in words", () => {
  const timeline = timelineFrom(done);
  const kindOf = diagramReader();

  it("says how long the worker stopped, for how much", () => {
    expect(describeStop(cutover)).toBe("5 min 0 s for 3.2 GB");
    expect(describeStop({ ...cutover, workerReady: undefined } as object as typeof cutover)).toBe(
      undefined,
    );
  });

  it("says how long ago something was", () => {
    const now = new Date(at(0));
    const ago = (minutes: number) => age(at(-minutes), now);
    expect([0, 1, 119, 120, 47 * 60, 48 * 60, 3 * 1_440].map(ago)).toEqual([
      ...["0 minutes ago", "1 minute ago", "119 minutes ago", "2 hours ago"],
      ...["47 hours ago", "2 days ago", "3 days ago"],
    ]);
  });

  it("has each stage with its time", () => {
    const text = describeTimeline("staging", timeline);

    expect(text.split("\n")[0]).toBe(
      `Cutover of staging: begun ${at(0)}; worker stopped 5 min 0 s for 3.2 GB; 132 runs, 14,262 logs`,
    );
    expect(text).toContain(`  handover        ${at(12)} to ${at(13)}  60 s`);
    expect(text.split("\n")).toHaveLength(7);
    expect(describeTimeline("dev", timelineFrom(nothing))).toBe("No cutover of dev is recorded.");
  });

  it("is a diagram that Mermaid reads, in which nothing of the stack's name is Markdown", async () => {
    const text = formatMarkdown("a`b|<c>", timeline);
    const [, chart = ""] = /```mermaid\n([^]*?)```/.exec(text) ?? [];

    await expect(kindOf(chart)).resolves.toBe("gantt");
    expect(chart).toContain("    worker drain :crit, 2026-11-25 21:10:00, 2026-11-25 21:12:00");
    expect(chart).toContain("    web rollout :2026-11-25 21:15:00, 2026-11-25 21:17:00");
    expect(text).toContain("#### Cutover of `a_b__c_`\n");
  });
});
