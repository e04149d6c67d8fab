import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Unfinished } from "../../components/step";
import { timesThrough } from "../../components/step/program";
import { counting, inputs, kept, twoWay } from "./thing";

type State = Record<string, unknown>;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const minute = (at: number) => new Date(Date.UTC(2026, 0, 1, 12, at)).toISOString();
/** A provider, runs of which take a minute and begin at a minute of their own. */
function clocked({ provider }: Pick<ReturnType<typeof counting>, "provider">) {
  const at = (begin: number) => vi.setSystemTime(minute(begin));
  return {
    create: async (begin: number, news: object = inputs) => {
      at(begin);
      return (await provider.create(news)).outs as State;
    },
    update: async (begin: number, olds: State, news: object) => {
      at(begin);
      return (await provider.update("thing", olds, news)).outs as State;
    },
  };
}
/** A step that goes both ways, whose run takes a minute, and stops while it is told to. */
function slow() {
  const told = { stops: false };
  const run = () => {
    vi.setSystemTime(Date.now() + 60_000);
    return told.stops ? Promise.reject(new Unfinished(["not yet"])) : Promise.resolve({ made: "" });
  };
  const { step } = twoWay();
  const { provider } = counting({ ...step, compares: ["size"], forward: run, back: run });
  return { told, provider, ...clocked({ provider }) };
}

const forward = { ...inputs, direction: "forward" };
const back = { ...inputs, direction: "back" };

describe("the times of a step", () => {
  it("are when its last turn in each direction began and ended", async () => {
    const { create, update } = slow();
    const cutover = await create(1, forward);
    const rollback = await update(10, cutover, back);

    expect(cutover.times).toEqual({ forward: { began: minute(1), ended: minute(2) } });
    expect(rollback.times).toEqual({
      forward: { began: minute(1), ended: minute(2) },
      back: { began: minute(10), ended: minute(11) },
    });
    expect((await update(20, rollback, forward)).times).toMatchObject({
      forward: { began: minute(20), ended: minute(21) },
      back: { began: minute(10) },
    });
  });

  it("stay those of the turn if the step runs again in its direction", async () => {
    const { create, update } = slow();
    const cutover = await create(1, forward);
    const again = await update(30, cutover, { ...forward, size: 2 });

    expect(again).toMatchObject({ size: 2, times: cutover.times });
  });

  it("keep the beginning of a run that goes on where it stopped", async () => {
    const { told, provider, create, update } = slow();
    const cutover = await create(1, forward);
    told.stops = true;
    vi.setSystemTime(minute(10));
    const { properties } = await kept(provider.update("thing", cutover, back));
    expect(properties).toMatchObject({ times: { back: { began: minute(10) } } });
    vi.setSystemTime(minute(20));
    const { properties: later } = await kept(provider.update("thing", properties, back));
    told.stops = false;

    expect((await update(30, later as State, back)).times).toMatchObject({
      forward: { began: minute(1), ended: minute(2) },
      back: { began: minute(10), ended: minute(31) },
    });
  });

  it("forget a turn that was given up", async () => {
    const { told, provider, create, update } = slow();
    const cutover = await create(1, forward);
    told.stops = true;
    vi.setSystemTime(minute(10));
    const { properties } = await kept(provider.update("thing", cutover, back));
    told.stops = false;
    const forwardAgain = await update(20, { ...properties, direction: "back" }, forward);

    expect(forwardAgain.times).toEqual({ forward: { began: minute(20), ended: minute(21) } });
  });

  it("are a new turn in each cutover, also of a step without a rollback", async () => {
    const { create, update } = clocked(counting({ isOncePerCutover: true }));
    const first = await create(1, { ...forward, cutover: 1 });
    const second = await update(10, first, { ...forward, cutover: 2 });

    expect(first.times).toMatchObject({ forward: { began: minute(1), cutover: 1 } });
    expect(second.times).toMatchObject({ forward: { began: minute(10), cutover: 2 } });
  });

  it("are none of a stack that begins on files, or of a step without a direction", async () => {
    const { create, update } = slow();
    const begun = await create(1, back);
    expect(begun).toHaveProperty("times", null);
    expect(await update(5, begun, { ...back, size: 2 })).toHaveProperty("times", null);
    expect(await create(1, { ...inputs, direction: undefined })).toHaveProperty("times", null);
  });
});

describe("the times of two steps that are one row", () => {
  const span = (began: number, ended?: number) => ({
    began: minute(began),
    ...(ended !== undefined && { ended: minute(ended) }),
  });

  it("begin with the first and end with the last", () => {
    expect(timesThrough({ forward: span(1, 2) }, { forward: span(3, 9) })).toEqual({
      forward: span(1, 9),
    });
  });

  it("have no end while the last step has not run in this turn", () => {
    expect(timesThrough({ back: span(10, 10) }, { back: span(3, 9) })).toEqual({ back: span(10) });
    expect(timesThrough({ back: span(10, 10) }, undefined)).toEqual({ back: span(10) });
    expect(timesThrough(undefined, { back: span(3, 9) })).toEqual({});
  });
});
