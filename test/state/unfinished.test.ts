import { describe, expect, it } from "vitest";
import { isUnbegun, isUnfinished, wouldRepeatSteps } from "../../components/state/unfinished";

const step = (stepId: string, status: unknown) => ({ stepId, status });
const run = (...steps: readonly object[]) => ({ steps });
const ran = step("a", "Succeeded");

describe("a status that the table lacks", () => {
  const cancelled = run(ran, step("b", "Cancelled"));
  const running = run(ran, step("b", "Running"));
  const pending = run(ran, step("b", "Pending"));
  const succeeded = run(ran, step("b", "Succeeded"));

  it("counts as unfinished, so that the run is compared and held", () => {
    expect(isUnfinished(cancelled)).toBe(true);
    expect(isUnfinished(succeeded)).toBe(false);
  });

  it("counts as begun", () => {
    expect(isUnbegun(run(step("b", "Cancelled")))).toBe(false);
  });

  it.each([
    ["running", running],
    ["pending", pending],
  ])("counts as over beside a step that is %s", (_, other) => {
    expect(wouldRepeatSteps(other, cancelled)).toBe(true);
    expect(wouldRepeatSteps(cancelled, other)).toBe(false);
  });

  it("may still be executed beside a step that is finished", () => {
    expect(wouldRepeatSteps(cancelled, succeeded)).toBe(true);
    expect(wouldRepeatSteps(succeeded, cancelled)).toBe(false);
  });

  it("repeats nothing if both states have it", () => {
    const other = run(ran, step("b", "CANCELLED"));
    expect(wouldRepeatSteps(cancelled, other)).toBe(false);
  });
});

it.each([undefined, null, 0, "pending"])("a step with the status %s is not over", (status) => {
  expect(wouldRepeatSteps(run(step("a", "Running")), run(step("a", status)))).toBe(false);
});
