import { describe, expect, it } from "vitest";
import type {
  ConfirmationInputs,
  ConfirmationResults,
} from "../../../components/rollout/confirmation/provider";
import { providers } from "../../../components/rollout/provider";
import type { StateOf } from "../../../components/step";

const { Confirmation } = providers;
type ConfirmationState = StateOf<ConfirmationInputs, ConfirmationResults>;

const worker: ConfirmationInputs = {
  direction: "forward",
  step: "worker",
  mode: "mongo",
  file: "deploy/worker.values.yaml",
};
const stateOf = async (running: Promise<unknown>) =>
  ((await running) as { readonly outs: ConfirmationState }).outs;

/** The state that the engine keeps of a step that stopped, and what it said. */
async function stopped(running: Promise<unknown>) {
  const error: unknown = await running.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({ id: "worker", properties: { applied: false } });
  const { properties, reasons } = error as {
    readonly properties: ConfirmationState;
    readonly reasons: readonly string[];
  };
  return { state: properties, reason: reasons.join("\n") };
}

describe("a step that a site has to confirm", () => {
  it("asks nothing of a stack that begins on files", async () => {
    const files = { ...worker, direction: "back", mode: "filesystem" } as const;
    const state = await stateOf(Confirmation.create(files));

    expect(state.confirmedMode).toBe("filesystem");
    expect(await Confirmation.diff("worker", state, files)).toEqual({ changes: false });
    expect(await Confirmation.diff("worker", state, worker)).toEqual({ changes: true });
  });

  it("stops with what to do, goes on once the setting says that it is done, then rests", async () => {
    const { state, reason } = await stopped(Confirmation.create(worker));
    expect(reason).toContain("Deploy deploy/worker.values.yaml, which has worker in mongo mode");
    expect(reason).toContain("set rollout.confirmed: worker");

    await stopped(Confirmation.update("worker", state, { ...worker, confirmed: "drained" }));
    const done = await stateOf(
      Confirmation.update("worker", state, { ...worker, confirmed: "worker" }),
    );
    expect(done.confirmedMode).toBe("mongo");
    expect(await Confirmation.diff("worker", done, worker)).toEqual({ changes: false });
  });

  it("takes a later step's word as well", async () => {
    const { state } = await stopped(Confirmation.create(worker));

    const web = { ...worker, confirmed: "web" } as const;
    expect((await stateOf(Confirmation.update("worker", state, web))).confirmedMode).toBe("mongo");
  });

  it("takes nothing that was in the settings before it asked, however often it is run", async () => {
    const stale = { ...worker, confirmed: "web" } as const;
    const first = await stopped(Confirmation.create(stale));
    const second = await stopped(Confirmation.update("worker", first.state, stale));

    const fresh = { ...worker, confirmed: "worker" } as const;
    const done = await stateOf(Confirmation.update("worker", second.state, fresh));
    expect(done.confirmedMode).toBe("mongo");
  });

  it("asks anew on a rollback, and lets an abandoned change be", async () => {
    const { state } = await stopped(Confirmation.create(worker));
    const back = { ...worker, direction: "back", mode: "filesystem" } as const;
    expect((await stateOf(Confirmation.update("worker", state, back))).confirmedMode).toBe(
      "filesystem",
    );

    const done = await stateOf(
      Confirmation.update("worker", state, { ...worker, confirmed: "worker" }),
    );
    const { reason } = await stopped(
      Confirmation.update("worker", done, { ...back, confirmed: "worker" }),
    );
    expect(reason).toContain("in filesystem mode");
  });
});
