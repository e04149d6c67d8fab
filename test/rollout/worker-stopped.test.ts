import { describe, expect, it, vi } from "vitest";
import { providers } from "../../components/rollout/provider";

const { WorkerStopped } = providers;
const cutover = { direction: "forward", cutover: 2 } as const;
const back = { ...cutover, direction: "back" } as const;

describe("the drain of a worker that the program cannot see", () => {
  it.each([undefined, 1, 3])(
    "stops the cutover until the setting names it, not %s",
    async (stoppedFor) => {
      await expect(WorkerStopped.create({ ...cutover, stoppedFor })).rejects.toMatchObject({
        id: "worker",
        properties: { applied: false },
        reasons: [
          "The program cannot see the worker (rollout.confirm: none), so it cannot drain it. Stop the worker and " +
            "wait until its last process is gone. Then set rollout.workerStopped: 2 and run pulumi up again; it " +
            "resumes here.",
        ],
      });
    },
  );

  it("is skipped once it is done, whatever the settings say later", async () => {
    const outs = (await WorkerStopped.create({ ...cutover, stoppedFor: 2 })).outs as object;

    expect(outs).toMatchObject({ applied: true });
    expect(await WorkerStopped.diff("worker", outs, cutover)).toEqual({ changes: false });
  });

  it("stops no rollback, and warns in its preview that the worker has to be stopped", async () => {
    const log = vi.spyOn(console, "log").mockImplementation(() => undefined);
    const outs = (await WorkerStopped.create({ ...cutover, stoppedFor: 2 })).outs as object;

    expect(await WorkerStopped.diff("worker", outs, back)).toEqual({ changes: true });
    expect(log).toHaveBeenCalledWith(expect.stringMatching(/rollback.*\[stop-worker\]$/));
    expect(await WorkerStopped.update("worker", outs, back)).toMatchObject({
      outs: { applied: true },
    });
    log.mockRestore();
  });

  it("counts as stopped from when the settings say so, and anew in each direction", async () => {
    const failed = await WorkerStopped.create(cutover).catch((error: unknown) => error);
    expect(failed).toMatchObject({ properties: { stoppedAt: null } });
    const there = (await WorkerStopped.create({ ...cutover, stoppedFor: 2 })).outs as {
      stoppedAt: string;
    };
    expect(Date.parse(there.stoppedAt)).not.toBeNaN();
    await new Promise((resolve) => setTimeout(resolve, 2));
    const later = (await WorkerStopped.update("worker", there, back)).outs as typeof there;
    expect(later.stoppedAt > there.stoppedAt).toBe(true);
  });
});
