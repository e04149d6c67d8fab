import { describe, expect, it, vi } from "vitest";
import { ConnectionError } from "../../components/mongo";
import { planned } from "../planned";
import { counting, thingInputs, kept, stopping, twoWay } from "./thing";

const made = { ...thingInputs, made: "forward 1", applied: true };

/** Tells a provider the mode that the stack is in, as the engine does. */
function configured(
  provider: ReturnType<typeof counting>["provider"],
  mode: "mongo" | "filesystem",
) {
  void provider.configure({ config: { get: () => mode, require: () => mode } });
  return provider;
}

describe("a step that goes forward", () => {
  it("is applied and says so", async () => {
    expect(await counting().provider.create(thingInputs)).toEqual({
      id: "thing",
      outs: { ...made },
    });
  });

  it("gives the engine no undefined member, at any depth, finished or not", async () => {
    const cases = [{ file: "a.json", line: undefined }];
    const results = { made: "whole", report: { cases, other: undefined } };
    const given = { ...thingInputs, made: "whole", report: { cases: [{ file: "a.json" }] } };

    const { provider } = counting({ forward: () => Promise.resolve(results) });
    expect((await provider.create(thingInputs)).outs).toStrictEqual({ ...given, applied: true });
    const { properties } = await kept(stopping(results).provider.create(thingInputs));
    expect(properties).toStrictEqual({ ...given, applied: false });
  });

  it("changes when its inputs do, and not otherwise", async () => {
    const { provider } = counting();

    expect(await provider.diff("thing", made, thingInputs)).toEqual({ changes: false });
    expect(await provider.diff("thing", made, { ...thingInputs, size: 2 })).toEqual({
      changes: true,
    });
  });

  it("is applied again on another server", async () => {
    const { provider, seen } = counting();
    const moved = { ...thingInputs, uri: "mongodb://u:geheim@elsewhere/d" };

    expect(await provider.diff("thing", made, moved)).toEqual({ changes: true });
    await provider.update("thing", made, moved);
    expect(seen.forward).toBe(1);
  });

  it("takes a rotated password into its outputs without touching MongoDB", async () => {
    const { provider, seen } = counting();
    const rotated = { ...thingInputs, uri: "mongodb://u:neu@h/d" };

    expect(await provider.diff("thing", made, rotated)).toEqual({ changes: true });
    expect(await provider.update("thing", made, rotated)).toEqual({
      outs: { ...made, uri: rotated.uri },
    });
    expect(seen.forward).toBe(0);
  });

  it("says nothing of a connection string where it does not follow the server", async () => {
    const { provider } = counting({ followsServer: false });
    const moved = { ...thingInputs, uri: "mongodb://u:geheim@elsewhere/d" };

    expect(await provider.diff("thing", made, moved)).toEqual({ changes: false });
  });

  it("is applied again where an earlier run did not finish", async () => {
    const { properties = {} } = await kept(stopping({ made: "half" }).provider.create(thingInputs));
    const { provider, seen } = counting();

    expect(await provider.diff("thing", properties, thingInputs)).toEqual({ changes: true });
    await provider.update("thing", properties, thingInputs);
    expect(seen.forward).toBe(1);
  });

  it("gets a result that an earlier version did not know without a run, and once", async () => {
    const { provider, seen } = counting();
    const olds = { ...thingInputs, applied: true };

    expect(await provider.diff("thing", olds, thingInputs)).toEqual({ changes: true });
    const outs = (await provider.update("thing", olds, thingInputs)).outs as object;
    expect(outs).toEqual({ ...olds, made: null });
    expect(await provider.diff("thing", outs, thingInputs)).toEqual({ changes: false });
    expect(seen).toEqual({ forward: 0, back: 0 });
  });

  it("is applied where something else makes it due", async () => {
    const { provider } = counting({ isDue: ({ made }) => made === "forward 1" });

    expect(await provider.diff("thing", made, thingInputs)).toEqual({ changes: true });
    const other = { ...made, made: "other" };
    expect(await provider.diff("thing", other, thingInputs)).toEqual({ changes: false });
  });

  it("is deleted without touching MongoDB", async () => {
    const { provider, seen } = counting();

    await expect(provider.delete("thing", made)).resolves.toBeUndefined();
    expect(seen).toEqual({ forward: 0, back: 0 });
  });

  const found = { severity: "warn", code: "grace-period", text: "it may wait" } as const;

  it("says what it foresees before a run, and nothing where there is none", async () => {
    const printed = vi.spyOn(console, "log").mockImplementation(() => undefined);
    const { provider } = counting({
      findings: (_inputs, _prior, state) => Promise.resolve(state ? [found] : []),
    });

    await provider.diff("thing", made, thingInputs);
    expect(printed).not.toHaveBeenCalled();
    await provider.diff("thing", made, { ...thingInputs, size: 2 });
    expect(printed).toHaveBeenCalledExactlyOnceWith("warning: it may wait [grace-period]");
    printed.mockRestore();
  });
});

describe("a preview of a step", () => {
  const describes = ({ size }: { size: number }, state?: object) =>
    `Make ${size}${state ? " again" : ""}.`;

  it("says in one line what the step will do, if it is due", async () => {
    const { provider } = counting({ describes });

    expect(await planned(provider, thingInputs)).toBe("Make 1.");
    expect(await planned(provider, { ...thingInputs, size: 2 }, made)).toBe("Make 2 again.");
    expect(await planned(provider, thingInputs, made)).toBeUndefined();
    const back = { ...thingInputs, direction: "back" };
    expect(await planned(provider, back)).toBeUndefined();
    expect(await planned(provider, back, made)).toBeUndefined();
  });

  it("is never part of the inputs, so that neither a plan nor the state has it", async () => {
    const { provider } = counting({ describes });

    const checked = await provider.check({}, { ...thingInputs, isPreview: true });
    expect(checked.inputs).toEqual(thingInputs);
  });

  it("ends with the run, which does not say what it will do", async () => {
    const { provider } = counting({ describes });
    await planned(provider, thingInputs);
    const printed = vi.spyOn(console, "log").mockImplementation(() => undefined);
    printed.mockClear();

    await provider.check({}, thingInputs);
    await provider.check(made, { ...thingInputs, size: 2 });
    await provider.diff("thing", made, { ...thingInputs, size: 2 });
    expect(printed).not.toHaveBeenCalled();
    printed.mockRestore();
  });

  it("says nothing of a step that is refused", async () => {
    const stop = { severity: "stop", code: "values-unfit", text: "too big" } as const;
    const { provider } = counting({ describes, findings: () => Promise.resolve([stop]) });

    expect(await planned(provider, thingInputs)).toBeUndefined();
  });

  it("goes on without the line where it cannot be had", async () => {
    const { provider } = counting({ describes: () => Promise.reject(new Error("no disk")) });

    expect(await planned(provider, thingInputs)).toBeUndefined();
    expect(await planned(provider, { ...thingInputs, size: 2 }, made)).toBeUndefined();
  });
});

describe("a refresh of a step", () => {
  const reading = (reads: () => Promise<{ size?: number } | undefined>) =>
    configured(counting({ reads }).provider, "mongo");

  it("shows a drift as inputs, without its results", async () => {
    const provider = reading(() => Promise.resolve({ size: 7 }));

    const state = { ...made, __provider: "code" };
    expect(await provider.read("thing", state)).toEqual({
      id: "thing",
      props: { ...state, size: 7 },
      inputs: { ...thingInputs, size: 7 },
    });
  });

  it("sees one of several environments whatever the stack's own mode is", async () => {
    const { provider } = counting({ reads: () => Promise.resolve({ size: 7 }) });
    const inRollback = configured(provider, "filesystem");

    const only = { ...made, instance: "taskrunner" };
    expect(await inRollback.read("thing", only)).toMatchObject({ props: { size: 1 } });
    const state = { ...made, instance: "blue" };
    expect(await inRollback.read("thing", state)).toMatchObject({ props: { size: 7 } });
  });

  it("forgets what is gone", async () => {
    expect(await reading(() => Promise.resolve(undefined)).read("thing", made)).toEqual({});
  });

  it("keeps its state where it cannot connect, with one warning", async () => {
    const warned = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const refused = new ConnectionError({ uri: thingInputs.uri ?? "" }, new Error("no answer"));
    const provider = reading(() => Promise.reject(refused));

    expect(await provider.read("thing", made)).toEqual({ id: "thing", props: made });
    expect(warned).toHaveBeenCalledExactlyOnceWith(
      expect.stringMatching(/^warning: thing was not refreshed\. /),
    );
    warned.mockRestore();
  });

  it("fails with any other error", async () => {
    const provider = reading(() => Promise.reject(new Error("a mistake")));
    await expect(provider.read("thing", made)).rejects.toThrow("a mistake");
  });

  it("looks at nothing that runs as Jobs, or that was not applied", async () => {
    const provider = reading(() => Promise.reject(new Error("connected")));

    for (const state of [
      { ...made, job: {} },
      { ...made, applied: false },
    ]) {
      expect(await provider.read("thing", state)).toEqual({ id: "thing", props: state });
    }
  });
});

describe("on a rollback a step without a rollback", () => {
  it("never connects and reports no change, whatever differs", async () => {
    const { provider, seen } = counting({ reads: () => Promise.reject(new Error("connected")) });
    configured(provider, "filesystem");
    const other = {
      ...thingInputs,
      uri: "mongodb://elsewhere/d",
      size: 99,
      direction: "back",
    } as const;

    for (const state of [made, { ...made, applied: false }]) {
      expect(await provider.diff("thing", state, other)).toEqual({ changes: false });
      expect(await provider.update("thing", state, other)).toEqual({ outs: state });
    }
    expect(await provider.read("thing", made)).toEqual({ id: "thing", props: made });
    await provider.create(other);
    expect(seen).toEqual({ forward: 0, back: 0 });
  });

  it("is not taken for applied when it was registered only", async () => {
    const { provider } = counting();
    const outs = (await provider.create({ ...thingInputs, direction: "back" })).outs as object;

    // Nor for a run that did not finish, which stops the steps after it.
    expect(outs).toMatchObject({ applied: null });
    expect(await provider.diff("thing", outs, thingInputs)).toEqual({ changes: true });
  });
});

describe("a step that goes both ways", () => {
  it("runs at each change of direction, and not again", async () => {
    const { provider, seen } = twoWay();
    const back = { ...thingInputs, direction: "back" } as const;

    expect(await provider.diff("thing", made, back)).toEqual({ changes: true });
    const outs = (await provider.update("thing", made, back)).outs as object;
    expect(outs).toEqual({ ...made, direction: "back", made: "back 1" });
    expect(await provider.diff("thing", outs, back)).toEqual({ changes: false });
    expect(await provider.diff("thing", outs, thingInputs)).toEqual({ changes: true });
    expect(seen).toEqual({ forward: 0, back: 1 });
  });

  it("is looked at in a refresh, also on a rollback", async () => {
    const { step } = counting({ reads: () => Promise.resolve({ size: 7 }) });
    const { provider } = counting({ ...step, back: () => Promise.resolve({ made: "back" }) });
    configured(provider, "filesystem");

    expect(await provider.read("thing", made)).toMatchObject({ inputs: { size: 7 } });
  });
});

describe("a run that did not finish", () => {
  it("leaves its results, not applied, with its reasons and the step's id", async () => {
    const error = await kept(stopping({ made: "half" }).provider.create(thingInputs));

    expect(error).toMatchObject({ id: "thing", reasons: ["it stopped", "here"] });
    expect(error.message).toBe("it stopped\nhere");
    expect(error.properties).toEqual({ ...thingInputs, made: "half", applied: false });
  });

  it("without results leaves the state of the last run, not applied", async () => {
    const { provider } = stopping();
    const news = { ...thingInputs, size: 2 };

    expect((await kept(provider.update("thing", made, news))).properties).toEqual({
      ...made,
      applied: false,
    });
    expect((await kept(provider.create(thingInputs))).properties).toEqual({
      ...thingInputs,
      made: null,
      applied: false,
    });
  });

  it("that fails otherwise leaves the state as it was", async () => {
    const { provider } = counting({ forward: () => Promise.reject(new Error("a mistake")) });
    const error = await kept(provider.update("thing", made, { ...thingInputs, size: 2 }));

    expect(error.message).toBe("a mistake");
    expect(error).not.toHaveProperty("properties");
  });
});

describe("a refusal", () => {
  const { provider, seen } = counting({
    findings: ({ size }, prior) => {
      const text = prior ? `too big after ${prior.size}` : "too big";
      const stop = { severity: "stop", code: "values-unfit" } as const;
      return Promise.resolve([
        ...(size > 9 ? [{ ...stop, text }] : []),
        ...(size > 99 ? [{ ...stop, text: "far" }] : []),
        ...(size > 5
          ? [{ severity: "info", code: "size-ignored", text: "it goes on" } as const]
          : []),
      ]);
    },
  });
  const failures = async (olds: object, size: number) =>
    (await provider.check(olds, { ...thingInputs, size })).failures;

  it("is a failure of the check, so that a preview shows it and nothing runs", async () => {
    expect(await failures({}, 10)).toEqual([{ property: "", reason: "too big [values-unfit]" }]);
    expect(seen.forward).toBe(0);
  });

  it("knows what the stack has of the step", async () => {
    expect(await failures({ ...thingInputs, size: 7 }, 10)).toEqual([
      { property: "", reason: "too big after 7 [values-unfit]" },
    ]);
  });

  it("names all that stands against a run", async () => {
    expect(await failures({}, 100)).toEqual([
      { property: "", reason: "too big [values-unfit]" },
      { property: "", reason: "far [values-unfit]" },
    ]);
  });

  it("is none where the step may go on, which is told once", async () => {
    const printed = vi.spyOn(console, "log").mockImplementation(() => undefined);
    expect(await failures({}, 1)).toEqual([]);
    expect(printed).not.toHaveBeenCalled();
    expect(await failures({}, 6)).toEqual([]);
    expect(printed).toHaveBeenCalledExactlyOnceWith("it goes on [size-ignored]");
    printed.mockRestore();
  });
});
