import { rm } from "node:fs/promises";
import { expect, it, vi } from "vitest";
import { providers } from "../../../components/rollout/provider";
import type { StorageMode } from "../../../components/settings";
import {
  changes,
  createFile,
  file,
  fileInputs,
  inFolder,
  readWorkerFile,
  refused,
  updateFile,
} from "./worker-file";

inFolder();

/** The worker's file of a stack that does not see the worker, with the last stop of the worker. */
const asked = (mode: StorageMode, stoppedAt: string) => fileInputs(mode, { stoppedAt });
const states = {
  "on files": () => createFile(asked("filesystem", "stop 1")),
  "on MongoDB": async () => updateFile(await states["on files"](), asked("mongo", "stop 2")),
};
const nothing = () => Promise.resolve();
/** Writes the file as the stack does, without its state learning of it. */
const write = (mode: StorageMode) => async () => {
  await createFile(asked(mode, "unknown"));
};

type Row = readonly [
  what: string,
  state: keyof typeof states,
  happens: () => Promise<void>,
  wanted: StorageMode,
  lastStop: string,
  answer: "refused" | "written",
];

it.each<Row>([
  ["the worker is stopped", "on files", nothing, "mongo", "stop 2", "written"],
  ["its handover failed", "on files", nothing, "filesystem", "stop 3", "written"],
  ["killed, written", "on files", write("mongo"), "mongo", "stop 2", "written"],
  ["killed, written, abandoned", "on files", write("mongo"), "filesystem", "stop 3", "written"],
  ["a rollback", "on MongoDB", nothing, "filesystem", "stop 3", "written"],
  ["killed in it", "on MongoDB", write("filesystem"), "filesystem", "stop 3", "written"],
  ["killed in it, abandoned", "on MongoDB", write("filesystem"), "mongo", "stop 4", "written"],
  ["its commit reverted", "on MongoDB", write("filesystem"), "mongo", "stop 2", "refused"],
  ["reverted and taken back", "on MongoDB", write("filesystem"), "filesystem", "stop 3", "written"],
  ["its file removed", "on MongoDB", () => rm(file), "mongo", "stop 2", "refused"],
  ["removed and taken back", "on MongoDB", () => rm(file), "filesystem", "stop 3", "written"],
  ["set by hand", "on files", write("mongo"), "filesystem", "stop 1", "refused"],
  ["set by hand, cut over", "on files", write("mongo"), "mongo", "stop 2", "written"],
])("its mode is what the stack wrote, unless somebody changed it: %s (%s)", async (...row) => {
  const [, from, happens, wanted, lastStop, answer] = row;
  const state = await states[from]();
  await happens();
  const before = await readWorkerFile().catch(() => "");
  const inputs = asked(wanted, lastStop);
  const log = vi.spyOn(console, "log").mockImplementation(() => undefined);
  await changes(state, inputs);
  const printed = log.mock.calls.flat().join("\n");
  log.mockRestore();

  expect(await refused(state, inputs)).toBe("");
  if (answer === "written") {
    expect(printed).not.toContain("mode-changed");
    await updateFile(state, inputs);
    expect(await readWorkerFile()).toContain(`value: ${wanted}`);
    return;
  }
  expect(printed).toMatch(/has worker in \w+ mode, .* wrote \w+ mode.*\[stop: mode-changed\]$/);
  const running = providers.ValuesFile.update("worker", state, inputs);
  await expect(running).rejects.toThrow("nothing was changed");
  // Any other error than that of an unfinished step keeps the state as it was.
  await expect(running).rejects.not.toHaveProperty("properties");
  expect(await readWorkerFile().catch(() => "")).toBe(before);
});

it("a stop that changed no file counts too: a later edit of the mode is refused", async () => {
  const abandoned = await updateFile(await states["on files"](), asked("filesystem", "stop 3"));
  await write("mongo")();
  const running = providers.ValuesFile.update("worker", abandoned, asked("filesystem", "stop 3"));
  await expect(running).rejects.toThrow("it was changed, or this checkout is behind");
});
