import { expect, it } from "vitest";
import { deriveId } from "../../components/state";

it("the id of an entry begins with its time, and two importers give it the same one", () => {
  const time = new Date("2025-11-06T10:00:01.999Z");
  const id = deriveId("logs", "r\x007", time);
  expect(id.getTimestamp()).toEqual(new Date("2025-11-06T10:00:01Z"));
  expect(deriveId("logs", "r\x007", time)).toEqual(id);
  expect(deriveId("logs", "r\x008", time)).not.toEqual(id);
});
