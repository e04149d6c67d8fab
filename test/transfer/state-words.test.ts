import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { defaultFolders } from "../../components/contract";
import { requireFenceWritable, publish } from "../../components/state";
import { requireWitnesses } from "../../components/transfer/rollback/fence";
import { writeState } from "./state";

// The wording of what is wrong with a state directory, each message once; `stages/list.test.ts` has those of a listing.

const at = "2025-11-06T12:00:00.000Z";

it.each([
  ["ENOSPC", "Free space on the disk"],
  ["EFBIG", "Raise the maximum file size of this process"],
  ["EROFS", "Mount the file system read-write"],
  ["EACCES", "Give this user write permission there"],
])("a file that cannot be written (%s) comes with what to do", async (code, advice) => {
  const path = join(await writeState({}), "r.json");
  const cause = Object.assign(new Error("no"), { code, syscall: "write" });
  await expect(publish(path, undefined, () => Promise.reject(cause))).rejects.toThrow(
    `Writing ${path} failed: ${code}. No file is half-written. ${advice}, then export again: it resumes where it stopped.`,
  );
});

it("a state directory that takes no fence is named before anything is stopped", async () => {
  const folder = join(await writeState({}), "missing");
  await expect(requireFenceWritable({ root: folder, folders: defaultFolders })).rejects.toThrow(
    `Writing ${folder}/fence.json failed: ENOENT. A cutover records its fence and quarantined records there, and ` +
      "a rollback writes its files there. Nothing was stopped. Give this user write permission in the state " +
      "directory and its subdirectories.",
  );
});

describe("a rollback to a state directory that is not the one of the fence says what is missing:", () => {
  const mount =
    "A rollback writes to the services' files: mount the state directory on this machine.";
  const witness = (folder: string) =>
    requireWitnesses(
      { root: folder, folders: defaultFolders },
      { fencedAt: at, ledger: "ledger", electionSeconds: 5 },
      undefined,
    );
  const fence = (fields: object) => ({ "fence.json": JSON.stringify(fields), "logs/runs/r": "" });

  it("the directory", async () => {
    await expect(witness("/nowhere/state")).rejects.toThrow(
      "The state directory /nowhere/state is not a readable directory. Nothing was written. Set " +
        `backfill.source.path to the directory that contains state/runs. ${mount}`,
    );
  });

  it.each([
    ["no fence.json", { "logs/runs/r": "" }],
    [
      "the fence of 2024-01-01T00:00:00.000Z",
      fence({ at: "2024-01-01T00:00:00.000Z", unfinishedCount: 1 }),
    ],
  ])("the fence (%s)", async (found, files) => {
    const folder = await writeState(files);
    await expect(witness(folder)).rejects.toThrow(
      `The state directory ${folder} has ${found}, but the cutover drew its fence at ${at}: it is not the ` +
        "services' state directory. Nothing was written. Mount theirs on this machine. If it is lost, or was restored from an older copy, first run " +
        `\`taskrunner-storage export --all --state ${folder}\`, which writes it again.`,
    );
  });

  it("its runs", async () => {
    const folder = await writeState(fence({ at, unfinishedCount: 2 }));
    await expect(witness(folder)).rejects.toThrow(
      `The state directory ${folder} has no run in state/runs, but the cutover at ${at} found 2 unfinished runs ` +
        "there. Nothing was written. Mount the runs on this machine.",
    );
  });

  it("a fence that can be read", async () => {
    const folder = await writeState({ "fence.json": "{" });
    await expect(witness(folder)).rejects.toThrow(
      `The fence of the last cutover cannot be read: ${folder}/fence.json is not valid JSON. Nothing was written. ` +
        "Restore it from a backup. If there is none, delete it and run " +
        `\`taskrunner-storage export --all --state ${folder}\`, which writes it again from the ledger.`,
    );
  });
});
