import { describe, expect, it } from "vitest";
import type { DrainInputs } from "../../../components/rollout";
import { providers } from "../../../components/rollout/provider";
import { clusterForTests } from "./cluster";
import { drainsOn, unfinished } from "./drains";

const { Drain, DrainRequest } = providers;
const current = clusterForTests();
const { inputs, deployed } = drainsOn(current);

describe("the gate before a drain", () => {
  const asked = (namespace: string, gate: DrainInputs["gate"]) => {
    const { kubeconfig, release, service, direction } = inputs(namespace);
    return { kubeconfig, namespace, release, service, direction, gate };
  };
  const directionAt = async (news: object, olds: object = {}) =>
    ((await DrainRequest.check(olds, news)).inputs as DrainInputs).direction;

  it("keeps the last direction while it is closed", async () => {
    await current.cluster.deploy("gate");
    const closed = asked("gate", "closed");
    expect(await directionAt(closed)).toBe("back");
    expect(await directionAt(closed, { ...closed, direction: "back" })).toBe("back");
    expect(await directionAt(closed, { ...closed, direction: "forward" })).toBe("forward");
  });

  it("leaves a worker on MongoDB that the stack takes over", async () => {
    await current.cluster.deploy("taken", { mode: "mongo" });
    expect(await directionAt(asked("taken", "closed"))).toBe("forward");
  });

  it("is not there once it is open, without the setting, and in a rollback", async () => {
    const before = { ...asked("gate", "closed"), direction: "back" };
    expect(await directionAt(asked("gate", "open"), before)).toBe("forward");
    expect(await directionAt(asked("gate", undefined), before)).toBe("forward");
    const back = { ...asked("gate", undefined), direction: "back" };
    expect(await directionAt(back, { ...before, direction: "forward" })).toBe("back");
  });

  it("stays open for a drain that failed, which says so", async () => {
    await deployed("failing", 1);
    const open = inputs("failing", { gate: "open", cutover: 3, timeoutSeconds: 1 });
    const [pod = ""] = await current.cluster.pods("failing");
    const held = (finalizers: string[] | null) =>
      current.cluster.kubectl(
        "patch",
        `pod/${pod}`,
        "--namespace=failing",
        `--patch=${JSON.stringify({ metadata: { finalizers } })}`,
      );
    await held(["example.org/held"]);
    const { text } = await unfinished(Drain.create(open));
    expect(text).toMatch(/rollout\.drain: 3 stays good/);
    await held(null);
  });
});
