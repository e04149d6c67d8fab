import { expect, it } from "vitest";
import { countCutover, type CutoverInputs } from "../../components/dynamic";

it("a new stack begins with its first cutover", () => {
  expect(countCutover<CutoverInputs>({}, { mode: "mongo" })).toEqual({ mode: "mongo", cutover: 1 });
});

it("a second up is still the same cutover", () => {
  expect(
    countCutover<CutoverInputs>({ mode: "mongo", cutover: 1 }, { mode: "mongo" }).cutover,
  ).toBe(1);
});

it("a rollback is no cutover, and the way forward after it is the next one", () => {
  const rolledBack = countCutover<CutoverInputs>(
    { mode: "mongo", cutover: 1 },
    { mode: "filesystem" },
  );
  expect(rolledBack).toEqual({ mode: "filesystem", cutover: 1 });
  expect(countCutover<CutoverInputs>(rolledBack, { mode: "mongo" })).toEqual({
    mode: "mongo",
    cutover: 2,
  });
});
