import { expect, test } from "vitest";
import { somethingChanged } from "../../../tools/dev/outputs";

/** The engine's history of a stack, whose last update has these counts. */
const history = (resourceChanges: Record<string, number>) =>
  JSON.stringify([
    { kind: "update", result: "succeeded", resourceChanges },
    { kind: "update", result: "succeeded", resourceChanges: { create: 39 } },
  ]);

test("an update that leaves every resource as it is changes nothing", () => {
  expect(somethingChanged(history({ same: 18 }))).toBe(false);
});

test.each(["create", "update", "delete", "replace"])("%s is a change", (operation) => {
  expect(somethingChanged(history({ same: 17, [operation]: 1 }))).toBe(true);
});
