import { expect, it } from "vitest";
import { providers } from "../../../components/rollout/provider";

const { JobsStopped } = providers;
const inputs = {
  direction: "forward",
  kubeconfig: "/nowhere",
  namespace: "apps",
  stack: "project/stack",
  timeoutSeconds: 5,
};
const back = { ...inputs, direction: "back" };
const reached = "kubeconfig /nowhere";

it("stops the Jobs of the other direction at each change of direction", async () => {
  const done = { ...inputs, applied: true };
  expect(await JobsStopped.diff("id", done, back)).toEqual({ changes: true });
  await expect(JobsStopped.update("id", done, back)).rejects.toThrow(reached);
  const wentBack = { ...back, applied: true };
  expect(await JobsStopped.diff("id", wentBack, inputs)).toEqual({ changes: true });
  await expect(JobsStopped.update("id", wentBack, inputs)).rejects.toThrow(reached);
  await expect(JobsStopped.create(inputs)).rejects.toThrow(reached);
});

it("looks for none in an update that goes on the same way", async () => {
  const done = { ...inputs, applied: true };
  expect(await JobsStopped.diff("id", done, inputs)).toEqual({ changes: false });
  expect(await JobsStopped.diff("id", done, { ...inputs, timeoutSeconds: 9 })).toEqual({
    changes: false,
  });
});
