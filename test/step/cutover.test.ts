import { expect, it } from "vitest";
import { counting, inputs, twoWay } from "./thing";

const { provider } = counting({ isOncePerCutover: true });
/** The inputs as the step counts them. */
const counted = async (olds: object, direction: "forward" | "back" | "rest") =>
  (await provider.check(olds, { ...inputs, direction })).inputs as { cutover?: number };

it("a new stack begins with its first cutover", async () => {
  expect(await counted({}, "forward")).toEqual({ ...inputs, cutover: 1 });
});

it("a second up is still the same cutover", async () => {
  const first = await counted({}, "forward");
  expect(await counted(first, "forward")).toEqual(first);
});

it("a rollback is no cutover, and the way forward after it is the next one", async () => {
  const rolledBack = await counted(await counted({}, "forward"), "back");
  expect(rolledBack).toMatchObject({ direction: "back", cutover: 1 });
  expect(await counted(rolledBack, "forward")).toMatchObject({ cutover: 2 });
});

it("a rest counts nothing, and the turn after one that followed a rollback is the next one", async () => {
  const resting = await counted(await counted(await counted({}, "forward"), "back"), "rest");
  expect(resting.cutover).toBe(1);
  expect((await counted(resting, "forward")).cutover).toBe(2);
});

it("another cutover makes a step run that runs once in each, and no other step", async () => {
  const state = { ...inputs, made: "forward 1", applied: true, cutover: 1 };
  const next = { ...inputs, cutover: 2 };
  expect(await provider.diff("thing", state, next)).toEqual({ changes: true });
  expect(await counting().provider.diff("thing", state, next)).toEqual({ changes: false });
});

it("a step that does not run once in each is told no number", async () => {
  for (const one of [counting(), twoWay()]) {
    expect((await one.provider.check({}, inputs)).inputs).toEqual(inputs);
  }
});
