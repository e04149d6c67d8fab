import { expect, it } from "vitest";
import { readPlan, redactor } from "../../components/review";
import { noPlan } from "./steps";

const read = (plan: object) => () => readPlan(JSON.stringify(plan), redactor([]));

it("ignores members that a later version of the format may add", () => {
  expect(read({ ...noPlan, added: { in: 2027 } })).not.toThrow();
});

it.each([undefined, 2])("refuses a plan of the format %s, and says what to do", (format) => {
  expect(read({ ...noPlan, format })).toThrow(
    /another form at format, .* of this version prints\. Run that command again/,
  );
});
