import { Double, Int32 } from "mongodb";
import { expect, it } from "vitest";
import { formatJson, recordOf, renewRecord } from "../../components/state";
import { run } from "../transfer/state";

const withSteps = (...steps: readonly object[]) => ({ ...run("r"), _id: "r", steps });
const stepsIn = (record: ReadonlyMap<string, unknown>) => formatJson(record.get("steps"));

it("writes a whole double in a step as an integer, however deep it is", () => {
  const step = {
    stepId: "a",
    attempts: new Double(2),
    ratio: new Double(0.5),
    retries: [{ count: new Double(3), at: new Int32(1) }],
    huge: new Double(1e21),
  };
  expect(stepsIn(recordOf("runs", withSteps(step)))).toBe(
    '[{"stepId":"a","attempts":2,"ratio":0.5,"retries":[{"count":3,"at":1}],"huge":1e+21}]',
  );
});

it("writes a whole double over the integer of a file", () => {
  const before = {
    fields: run("r", { steps: [{ stepId: "a", attempts: 1 }] }),
    impliedFields: {},
  };
  const stored = withSteps({ stepId: "a", attempts: new Double(2) });
  expect(stepsIn(renewRecord("runs", before, stored))).toBe('[{"stepId":"a","attempts":2}]');
});

it("keeps the fraction of a whole double outside of steps", () => {
  expect(formatJson(recordOf("runs", { _id: "r", ratio: new Double(2) }))).toBe(
    '{"runId":"r","ratio":2.0}',
  );
});
