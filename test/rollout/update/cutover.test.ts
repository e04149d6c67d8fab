import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { defaultFolders } from "../../../components/contract";
import { providers } from "../../../components/rollout/provider";
import type { CutoverInputs } from "../../../components/rollout/update/cutover";
import { refuseWrites } from "../../transfer/read-only";

const { Cutover } = providers;

const sides = { folders: defaultFolders, approvals: true };
const files = (cutover = 1): CutoverInputs => ({ direction: "back", cutover, ...sides });
const mongo = (cutover: number): CutoverInputs => ({ direction: "forward", cutover, ...sides });

/** The inputs that the engine keeps after these updates, in which nothing was refused. */
async function after(...updates: readonly CutoverInputs[]): Promise<CutoverInputs> {
  let kept: object = {};
  for (const news of updates) {
    const checked = await Cutover.check(kept, news);
    expect(checked.failures).toEqual([]);
    kept = checked.inputs as object;
  }
  return kept as CutoverInputs;
}

/** Why an update is refused after others; undefined if it is not. */
async function refusal(news: CutoverInputs, ...before: readonly CutoverInputs[]) {
  const { failures } = await Cutover.check(await after(...before), news);
  return failures?.map(({ reason }) => reason).join();
}

it("a stack that begins on files, or on MongoDB, makes cutover 1", async () => {
  expect(await after(files(), mongo(1), mongo(1))).toMatchObject({ cutover: 1, ended: 0 });
  expect(await after(mongo(1))).toMatchObject({ cutover: 1, ended: 0 });
});

it("a rollback ends the cutover with its date, and settings that name it are stale", async () => {
  const rolledBack = await after(mongo(1), files());
  expect(rolledBack).toMatchObject({ ended: 1, endedAt: expect.any(String) as string });
  const today = new Date().toISOString().slice(0, 10);
  const reason = await refusal(mongo(1), mongo(1), files());
  expect(reason).toBe(
    `Cutover 1 of this stack was rolled back on ${today}. To cut over again, set cutover: 2. ` +
      "Otherwise set storageMode: filesystem. Nothing was changed. [other-cutover]",
  );
  expect(await refusal({ ...mongo(1), confirm: "none" }, mongo(1), files())).toContain(
    "set cutover: 2, and rollout.workerStopped: 2 once the worker is stopped. Otherwise",
  );
  expect(await after(mongo(1), files(), files(), mongo(2))).toMatchObject({ cutover: 2, ended: 1 });
});

it("the revert of a revert is stale too, and a later rollback ends the number in force", async () => {
  const before = [mongo(1), files(), mongo(2), files()];
  expect(await refusal(mongo(1), ...before)).toContain("set cutover: 3");
  expect(await refusal(mongo(2), ...before)).toContain("set cutover: 3");
  expect(await refusal(mongo(3), ...before)).toBe("");
});

it("a cutover that is made, or is under way, is not renamed to one that ended", async () => {
  const before = [mongo(1), files(), mongo(2)];
  expect(await refusal(mongo(1), ...before)).toContain("Set cutover: 2.");
  expect(await refusal(mongo(2), ...before)).toBe("");
});

it("a stack that lost its state goes on with the number that the files know", async () => {
  expect(await after(mongo(1), mongo(3), files())).toMatchObject({ ended: 3 });
});

it("on files any number passes, and a date of the end stays", async () => {
  const ended = await after(mongo(1), files(1));
  expect(await after(mongo(1), files(1), files(7))).toMatchObject({
    ended: 1,
    endedAt: expect.stringContaining(ended.endedAt?.slice(0, 16) ?? "?") as string,
  });
});

describe("the state directory", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "cutover-"));
    await mkdir(join(folder, "state/runs"), { recursive: true });
  });
  afterEach(() => rm(folder, { recursive: true }));

  const wrong = { root: "/nowhere" };
  const right = () => ({ root: folder });
  const none = /\/nowhere is not a readable directory\. .* backfill\.source\.path/;

  it("that is wrong is refused in a run that imports or exports", async () => {
    expect(await refusal({ ...mongo(1), ...wrong })).toMatch(none);
    expect(await refusal({ ...mongo(1), ...wrong }, files())).toMatch(none);
    expect(await refusal({ ...files(), ...wrong }, { ...mongo(1), ...right() })).toMatch(none);
    const other = { ...mongo(1), ...wrong };
    expect(await refusal(other, { ...mongo(1), ...right() })).toMatch(none);
    expect(await refusal({ ...mongo(1), ...right() })).toBe("");
  });

  it("is not asked for by a stack whose direction does not change, or whose Jobs mount it", async () => {
    const made = { ...mongo(1), ...right() };
    expect(await refusal({ ...files(), ...wrong })).toBe("");
    expect(await refusal({ ...files(), ...wrong }, files())).toBe("");
    expect(await refusal(mongo(1), files())).toBe("");
    await rm(folder, { recursive: true });
    const kept = { ...made, ended: 0 };
    expect((await Cutover.check(kept, made)).failures).toEqual([]);
    await mkdir(folder);
  });

  it("that cannot be written is refused in a preview, which writes nothing", async () => {
    await chmod(folder, 0o555);
    // Root may write everywhere, so another user asks; only root may read the checkout of some machines.
    const check = `require("./components/typescript.cjs");
      const { Cutover } = require("./components/rollout/provider").providers;
      if (process.getuid?.() === 0) process.setuid(65_534);
      const asked = ${JSON.stringify({ ...mongo(1), ...right() })};
      Cutover.check({}, asked).then(({ failures }) => console.log(failures[0].reason));`;
    const { stdout } = await execa("node", ["--eval", check]);
    await chmod(folder, 0o755);
    expect(stdout).toMatch(/Writing \S+cutover\.json failed: EACCES/);
    expect(await refusal({ ...mongo(1), ...right() })).toBe("");
    expect(await readdir(folder)).toEqual(["state"]);
  });

  it("is tried before the schema by a file, in both directions", async () => {
    const end = refuseWrites("cutover.json");
    const creating = Cutover.create({ ...mongo(1), ...right() });
    await expect(creating).rejects.toThrow(/cutover\.json failed: EROFS.*Nothing was stopped/);
    const state = { ...mongo(1), ...right(), applied: true };
    const turning = Cutover.update("cutover", state, { ...files(), ...right() });
    await expect(turning).rejects.toThrow("EROFS");
    end();
    await Cutover.create({ ...mongo(1), ...right() });
    expect(await readdir(folder)).toEqual(["state"]);
  });
});

describe("a destroyed stack", () => {
  /** What the deletion of the stack's last resource prints. */
  async function printedFor(state: CutoverInputs): Promise<string[]> {
    const printed: string[] = [];
    vi.spyOn(console, "log").mockImplementation((line: string) => void printed.push(line));
    await Cutover.delete("cutover", { ...state, applied: true });
    vi.restoreAllMocks();
    return printed;
  }

  it("says that everything stays, what the services work on, and how to roll back later", async () => {
    const root = await mkdtemp(join(tmpdir(), "state-"));
    const record = { at: "2025-11-06T12:00:00.000Z", cutover: 2, unfinishedCount: 1 };
    await writeFile(join(root, "cutover.json"), JSON.stringify(record));
    expect(await printedFor({ ...mongo(2), root })).toEqual([
      `Nothing was deleted in MongoDB or in ${root}. What Pulumi counts as deleted is only the stack's record.`,
      expect.stringMatching(
        /^Worker and web stay as they are\. .* in force since 2025-.*, and both belong in mongo mode\.$/,
      ),
      expect.stringMatching(/storageMode: mongo and cutover: 2, which takes the services over\.$/),
    ]);
    await rm(root, { recursive: true });
  });

  it("on files needs nothing for that, and one with Jobs reads no directory", async () => {
    expect(await printedFor(files())).toEqual([
      "Nothing was deleted in MongoDB or on disk. What Pulumi counts as deleted is only the stack's record.",
      "Worker and web stay as they are. cutover.json in the state directory shows the mode.",
    ]);
  });
});
