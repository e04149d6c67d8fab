import { expect, it } from "vitest";
import { generateId } from "../../../components/state/keys";

it("the id of an entry begins with its time, and two importers give it the same one", () => {
  const time = new Date("2025-11-06T10:00:01.999Z");
  const id = generateId("logs", "r\x007", time);
  expect(id.getTimestamp()).toEqual(new Date("2025-11-06T10:00:01Z"));
  expect(generateId("logs", "r\x007", time)).toEqual(id);
  expect(generateId("logs", "r\x008", time)).not.toEqual(id);
});
