import { afterEach, describe, expect, it, vi } from "vitest";
import { version } from "../../package.json";
import { steps as stateSteps } from "../../components/transfer/provider";
import * as jobs from "../../components/step/jobs";
import { steps as migrationSteps } from "../../components/migration/provider";
import { type AnyStep, type StepRequest, hyphenated, workInPod } from "../../components/step";
import { type Thing, counting, thingInputs, kept, stopping, twoWay } from "./thing";

const { JobError, stateRoot } = jobs;
const run = vi.spyOn(jobs, "runJob");
afterEach(() => {
  run.mockReset();
});

const job = { namespace: "apps" } as unknown as jobs.JobTarget;
const asJob = { ...thingInputs, job };
const back = { ...asJob, direction: "back" } as const;
const made = { ...asJob, made: "before", applied: true };
/** What the Job was asked for, and its request. */
const asked = () => {
  const [, request] = run.mock.calls[0] ?? [];
  return { ...request, request: JSON.parse(request?.request ?? "{}") as StepRequest };
};
const ofForm = (form: NonNullable<Thing["job"]>) => counting({ job: form });

describe("a step runs in the engine", () => {
  it("where the settings have no jobs, or it has no form of a Job", async () => {
    expect((await ofForm({}).provider.create(thingInputs)).outs).toMatchObject({
      made: "forward 1",
    });
    expect((await counting().provider.create(asJob)).outs).toMatchObject({ made: "forward 1" });
    expect(run).not.toHaveBeenCalled();
  });

  it("or not at all where another step's Job does it with its own", async () => {
    const { provider, seen } = ofForm({ coveredBy: { made: "elsewhere" } });

    expect((await provider.create(asJob)).outs).toMatchObject({ made: "elsewhere", applied: true });
    expect(seen.forward).toBe(0);
    expect(run).not.toHaveBeenCalled();
    expect((await provider.create(thingInputs)).outs).toMatchObject({ made: "forward 1" });
  });
});

describe("a step as a Job", () => {
  it("has the answer's results, and does nothing in the engine", async () => {
    const { provider, seen } = ofForm({});
    run.mockResolvedValue({ results: { made: "in a pod" } });

    expect(await provider.create(asJob)).toEqual({
      id: "thing",
      outs: { ...asJob, made: "in a pod", applied: true },
    });
    expect(seen.forward).toBe(0);
    expect(run.mock.calls[0]?.[0]).toBe(job);
  });

  it("is asked by kind and direction, with the version and the inputs", async () => {
    run.mockResolvedValue({ results: {} });
    await ofForm({}).provider.create(asJob);

    const { direction, database, size } = thingInputs;
    expect(asked()).toEqual({
      kind: "big-thing",
      direction: "forward",
      request: { version, inputs: { direction, database, size } },
    });
  });

  it("never gets the connection string, nor where it runs", async () => {
    run.mockResolvedValue({ results: {} });
    await ofForm({ priorOutputs: ["made"] }).provider.update("thing", made, { ...asJob, size: 2 });

    const request = run.mock.calls[0]?.[1].request;
    expect(request).not.toContain("geheim");
    expect(request).not.toContain('"job"');
  });

  it("gets those outputs of the last run that it declares", async () => {
    run.mockResolvedValue({ results: {} });
    await ofForm({ priorOutputs: ["made"] }).provider.update("thing", made, { ...asJob, size: 2 });

    expect(asked().request.state).toEqual({ made: "before" });
  });

  it("finds the state where its volume is mounted", async () => {
    run.mockResolvedValue({ results: {} });
    await ofForm({ state: "read" }).provider.create(asJob);

    expect(asked()).toMatchObject({ state: "read", request: { inputs: { root: stateRoot } } });
  });

  it("goes back as a Job of that direction", async () => {
    const { provider } = counting({ job: {}, back: () => Promise.resolve({ made: "never" }) });
    run.mockResolvedValue({ results: { made: "back" } });

    expect((await provider.update("thing", made, back)).outs).toMatchObject({ made: "back" });
    expect(asked()).toMatchObject({
      direction: "back",
      request: { inputs: { direction: "back" } },
    });
  });

  it("that did not finish says why, and leaves its results", async () => {
    run.mockResolvedValue({ unfinished: { reasons: ["2 differ"], results: { made: "half" } } });

    expect(await kept(ofForm({}).provider.create(asJob))).toMatchObject({
      reasons: ["2 differ"],
      properties: { made: "half", applied: false },
    });
  });

  it("that failed leaves the state of the last run, not applied", async () => {
    run.mockRejectedValue(new JobError(["Job x failed", "said last: no"]));

    const error = await kept(ofForm({}).provider.update("thing", made, { ...asJob, size: 2 }));
    expect(error.reasons).toEqual(["Job x failed", "said last: no"]);
    expect(error.properties).toEqual({ ...made, applied: false });
  });

  it("that failed is done without where the step can", async () => {
    run.mockRejectedValue(new Error("no cluster"));
    const failed = vi.fn(() => ({ made: "held" }));

    expect((await ofForm({ onJobFailure: failed }).provider.create(asJob)).outs).toMatchObject({
      made: "held",
    });
    expect(failed).toHaveBeenCalledWith(["no cluster"], undefined);
  });
});

describe("in a Job's pod a step", () => {
  const uri = "mongodb://u:geheim@h/named";
  const request = (changes: object = {}): StepRequest => ({
    version,
    inputs: { direction: "forward", size: 1 } as object,
    ...changes,
  });
  const inPod = ({ step }: { step: Thing }, changes?: object) =>
    workInPod(step as unknown as AnyStep, request(changes), uri);

  it("is refused where the stack is another version's, and nothing is done", async () => {
    const one = counting();

    await expect(inPod(one, { version: "0.0.9" })).rejects.toThrow(
      `The image of the Job has version ${version}, but the stack needs version 0.0.9. Nothing was done.`,
    );
    expect(one.seen.forward).toBe(0);
  });

  it("answers its results", async () => {
    expect(await inPod(counting())).toEqual({ results: { made: "forward 1" } });
    const inputs = { direction: "back", size: 1 };
    expect(await inPod(twoWay(), { inputs })).toEqual({ results: { made: "back 1" } });
  });

  it("answers why it did not finish, with the results that it has", async () => {
    const reasons = ["it stopped", "here"];

    expect(await inPod(stopping())).toEqual({ unfinished: { reasons } });
    expect(await inPod(stopping({ made: "half" }))).toEqual({
      unfinished: { reasons, results: { made: "half" } },
    });
  });

  it("fails where it fails otherwise", async () => {
    const forward = () => Promise.reject(new Error("a mistake"));
    await expect(inPod(counting({ forward }))).rejects.toThrow("a mistake");
  });

  it("gets the connection string, its database and that it is in a pod", async () => {
    const forward = vi.fn(() => Promise.resolve({ made: "" }));
    await inPod(counting({ forward }));
    const lines = { direction: "forward", size: 1, uri, isInPod: true };

    expect(forward).toHaveBeenLastCalledWith({ ...lines, database: "named" }, undefined);
    await inPod(counting({ forward }), { inputs: { direction: "forward", database: "asked" } });
    expect(forward).toHaveBeenLastCalledWith(
      expect.objectContaining({ database: "asked" }),
      undefined,
    );
  });

  it("does more where its form of a Job does, but not on a rollback", async () => {
    const whole = vi.fn(() => Promise.resolve({ made: "the whole plan" }));
    const { step } = counting({
      job: { forward: whole },
      back: () => Promise.resolve({ made: "" }),
    });
    const state = { made: "before" };

    expect(await inPod({ step }, { state })).toEqual({ results: { made: "the whole plan" } });
    expect(whole).toHaveBeenCalledWith(expect.anything(), state);
    const inputs = { direction: "back" };
    expect(await inPod({ step }, { inputs })).toEqual({ results: { made: "" } });
  });
});

describe("the steps of this project", () => {
  const all = Object.values({ ...migrationSteps, ...stateSteps }) as unknown as AnyStep[];

  it("declare no connection string among the outputs that a Job gets", () => {
    const lines = all.flatMap(({ job: form }) => form?.priorOutputs ?? []);
    expect(lines).toContain("direction");
    expect(lines).not.toContain("uri");
  });

  it("have each a name of its own as a Job", () => {
    const names = all.map(({ name }) => hyphenated(name));

    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect(names).toContain("bulk-pass");
  });
});
