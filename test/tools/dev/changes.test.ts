import { expect, test } from "vitest";
import { somethingChanged } from "../../../tools/dev/changes";

/** The engine's log of events of an update with these counts. */
function log(resourceChanges: Record<string, number>) {
  const events = [
    { sequence: 0, preludeEvent: { config: {} } },
    { sequence: 1, diagnosticEvent: { message: 'a text with a word like "update" in it' } },
    { sequence: 2, summaryEvent: { result: "succeeded", resourceChanges } },
    { sequence: 3, cancelEvent: {} },
  ];
  return events.map((event) => `${JSON.stringify(event)}\n`).join("");
}

test("an update that leaves every resource as it is changes nothing", () => {
  expect(somethingChanged(log({ same: 18 }))).toBe(false);
});

test.each(["create", "update", "delete", "replace"])("%s is a change", (operation) => {
  expect(somethingChanged(log({ same: 17, [operation]: 1 }))).toBe(true);
});
