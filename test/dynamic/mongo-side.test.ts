import { describe, expect, it } from "vitest";
import { ConnectionError } from "../../components/connection";
import { mongoSide, UnfinishedStep, type MongoSideInputs } from "../../components/dynamic";

interface Inputs extends MongoSideInputs {
  size: number;
}

/** A provider that counts how often it would have connected. */
function counting(mode: "mongo" | "filesystem", read?: () => Promise<Partial<Inputs>>) {
  const seen = { applied: 0 };
  const provider = mongoSide<Inputs, { result: string }>({
    results: ["result"],
    id: () => "thing",
    differs: (applied, wanted) => applied.size !== wanted.size,
    apply: ({ size }) => {
      seen.applied += 1;
      return Promise.resolve({ result: `made ${size}` });
    },
    ...(read && { read }),
  });
  const config = { get: () => mode, require: () => mode };
  void provider.configure({ config });
  return { provider, seen };
}

const inputs: Inputs = { uri: "mongodb://u:geheim@h/d", database: "d", size: 1 };
const made = { ...inputs, result: "made 1", applied: true };

describe("in mongo mode a Mongo-side resource", () => {
  it("is applied and says so", async () => {
    const { provider } = counting("mongo");

    expect(await provider.create(inputs)).toEqual({ id: "thing", outs: made });
  });

  it("changes when its inputs do, and not otherwise", async () => {
    const { provider } = counting("mongo");

    expect(await provider.diff("thing", made, inputs)).toEqual({ changes: false });
    expect(await provider.diff("thing", made, { ...inputs, size: 2 })).toEqual({ changes: true });
  });

  it("is applied again on another server", async () => {
    const { provider, seen } = counting("mongo");
    const moved = { ...inputs, uri: "mongodb://u:geheim@elsewhere/d" };

    expect(await provider.diff("thing", made, moved)).toEqual({ changes: true });
    await provider.update("thing", made, moved);
    expect(seen.applied).toBe(1);
  });

  it("takes a rotated password into its outputs without touching MongoDB", async () => {
    const { provider, seen } = counting("mongo");
    const rotated = { ...inputs, uri: "mongodb://u:neu@h/d" };

    expect(await provider.diff("thing", made, rotated)).toEqual({ changes: true });
    expect(await provider.update("thing", made, rotated)).toEqual({
      outs: { ...made, uri: rotated.uri },
    });
    expect(seen.applied).toBe(0);
  });

  it("is applied again where an earlier run did not finish", async () => {
    const { provider, seen } = counting("mongo");
    const { properties } = new UnfinishedStep("thing", made, ["it stopped"]);

    expect(await provider.diff("thing", properties, inputs)).toEqual({ changes: true });
    await provider.update("thing", properties, inputs);
    expect(seen.applied).toBe(1);
  });

  it("is deleted without touching MongoDB", async () => {
    const { provider } = counting("mongo");

    await expect(provider.delete("thing", made)).resolves.toBeUndefined();
  });

  it("shows a drift as inputs, without its results", async () => {
    const { provider } = counting("mongo", () => Promise.resolve({ size: 7 }));

    expect(await provider.read("thing", { ...made, __provider: "code" })).toEqual({
      id: "thing",
      props: { ...made, size: 7, __provider: "code" },
      inputs: { ...inputs, size: 7 },
    });
  });

  it("keeps its state in a refresh that cannot connect", async () => {
    const refused = new ConnectionError(inputs.uri ?? "", new Error("no answer"));
    const { provider } = counting("mongo", () => Promise.reject(refused));

    expect(await provider.read("thing", made)).toEqual({ id: "thing", props: made });
  });
});

describe("in mongo mode a step whose own mode is filesystem yet", () => {
  it("rests, whatever differs and however the last run ended", async () => {
    const { provider, seen } = counting("mongo");
    const resting = { ...inputs, size: 99, mode: "filesystem" };

    expect(await provider.create(resting)).toEqual({
      id: "thing",
      outs: { ...resting, applied: false },
    });
    for (const state of [made, { ...made, applied: false }]) {
      expect(await provider.diff("thing", state, resting)).toEqual({ changes: false });
      expect(await provider.update("thing", state, resting)).toEqual({ outs: state });
    }
    expect(seen.applied).toBe(0);
    const due = { ...resting, mode: "mongo" };
    expect(await provider.diff("thing", { ...due, applied: false }, due)).toEqual({
      changes: true,
    });
  });
});

describe("in filesystem mode a Mongo-side resource", () => {
  it("never connects and reports no change, whatever differs", async () => {
    const { provider, seen } = counting("filesystem", () => Promise.reject(new Error("connected")));
    const other = { ...inputs, uri: "mongodb://elsewhere/d", size: 99 };

    expect(await provider.diff("thing", made, other)).toEqual({ changes: false });
    expect(await provider.diff("thing", { ...made, applied: false }, other)).toEqual({
      changes: false,
    });
    expect(await provider.update("thing", made, other)).toEqual({ outs: made });
    expect(await provider.read("thing", made)).toEqual({ id: "thing", props: made });
    await provider.create(other);
    expect(seen.applied).toBe(0);
  });

  it("is not taken for applied when it was registered only", async () => {
    const { provider } = counting("filesystem");
    const outs = (await provider.create(inputs)).outs as Inputs;
    const later = counting("mongo").provider;

    expect(await later.diff("thing", outs, inputs)).toEqual({ changes: true });
  });
});
