import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { mayFollow } from "../../components/checkout";
import { repositoryPerTest, settings } from "./repository";

const current = repositoryPerTest();
const file = "Pulumi.prod.yaml";
const [mongo, files] = ["mongo", "filesystem"] as const;
type Mode = typeof mongo | typeof files;

const commit = (mode: string) => current.commit({ [file]: settings(mode) });
const other = (text: string) => current.commit({ other: text });

/** @param base the commit of the last `up`, or of a rollback that stopped half-way after it */
const ask = (running: Mode, base: string | undefined, wanted: Mode, halfWay?: string) =>
  mayFollow({
    ...{ stack: "prod", file: join(current.checkout, file), wanted },
    last: { storageMode: running, source: { commit: base } },
    ...(halfWay !== undefined && { halfWay: { commit: halfWay || undefined } }),
  });

it("lets the first up through", async () => {
  await commit(mongo);
  const next = { stack: "prod", file: join(current.checkout, file), wanted: mongo } as const;

  expect(await mayFollow({ ...next, last: undefined })).toEqual({
    allowed: true,
    words: "prod has not run yet.",
  });
});

describe("after a rollback that git does not know of", () => {
  it("refuses an up to mongo, whatever else was committed", async () => {
    const base = await commit(mongo);
    await other("1");
    const { allowed, words } = await ask(files, base, mongo);

    expect(allowed).toBe(false);
    expect(words).toContain("prod was rolled back and runs on files");
    expect(words).toContain("merge the pull request that the rollback opened");
    await current.commit({ [file]: `${settings(mongo)}# another setting\n` });
    expect((await ask(files, base, mongo)).allowed).toBe(false);
  });

  it("goes on once git said filesystem", async () => {
    const base = await commit(mongo);
    await commit(files);
    expect((await ask(files, base, files)).words).toBe(
      "prod runs in mode filesystem, as git says.",
    );

    const last = await commit(mongo);
    expect(await ask(files, base, mongo)).toMatchObject({
      allowed: true,
      words: expect.stringContaining("a new cutover") as string,
    });
    expect((await ask(files, last, mongo)).allowed).toBe(false);
  });

  it("does not count a settings file that nobody can read, or that did not exist", async () => {
    const none = await other("0");
    const base = await commit(mongo);
    await commit("files");
    await current.commit({ [file]: "config: {" });
    await commit(mongo);

    expect((await ask(files, base, mongo)).allowed).toBe(false);
    expect((await ask(files, none, mongo)).allowed).toBe(false);
  });

  it("counts a merged branch as what it brought, not as what was tried on it", async () => {
    const base = await commit(mongo);
    await current.git("checkout", "--quiet", "-b", "tried");
    await commit(files);
    await current.commit({ [file]: `${settings(mongo)}# another setting\n` });
    await current.git("checkout", "--quiet", "main");
    await other("3");
    await current.git("merge", "--quiet", "--no-ff", "tried", "-m", "merge");
    expect((await ask(files, base, mongo)).allowed).toBe(false);

    await current.git("checkout", "--quiet", "-b", "rollback");
    await commit(files);
    await current.git("checkout", "--quiet", "main");
    await current.git("merge", "--quiet", "--no-ff", "rollback", "-m", "merge");
    await commit(mongo);
    expect((await ask(files, base, mongo)).allowed).toBe(true);
  });
});

describe("after a rollback that stopped half-way", () => {
  it("lets no up undo it, and resumes it", async () => {
    const before = await commit(files);
    const base = await commit(mongo);
    const { allowed, words } = await ask(mongo, base, mongo, base);

    expect(allowed).toBe(false);
    expect(words).toContain("prod's last up was a rollback and stopped halfway");
    // The cutover before it did not finish either: what changed earlier is no wish to undo it.
    expect((await ask(files, before, mongo, base)).allowed).toBe(false);
    expect(await ask(mongo, base, files, base)).toEqual({
      allowed: true,
      words: "prod stopped in a rollback, and git says filesystem: up resumes.",
    });
    await commit(files);
    await commit(mongo);
    expect((await ask(mongo, base, mongo, base)).allowed).toBe(true);
  });

  it("refuses if its commit is unknown", async () => {
    const base = await commit(mongo);
    expect((await ask(mongo, base, mongo, "")).allowed).toBe(false);
  });
});

describe("a commit that does not descend from the last up's", () => {
  it("is refused, older or on another branch", async () => {
    const first = await commit(mongo);
    const second = await other("1");
    expect((await ask(mongo, first, mongo)).allowed).toBe(true);
    expect((await ask(mongo, second, mongo)).allowed).toBe(true);

    await current.git("checkout", "--quiet", first);
    const { allowed, words } = await ask(mongo, second, mongo);
    expect(allowed).toBe(false);
    expect(words).toContain(`ran from ${second}, which is not in the history`);
    await other("another");
    expect((await ask(mongo, second, files)).allowed).toBe(false);
  });

  it.each(["0123456789012345678901234567890123456789", "--all", "HEAD", "main"])(
    "is refused if the clone does not have it, or it is no id: %s",
    async (base) => {
      await commit(mongo);
      expect(await ask(mongo, base, mongo)).toMatchObject({
        allowed: false,
        words: expect.stringContaining(`ran from ${base}, which`) as string,
      });
    },
  );

  it("is refused if the last up was run outside of Git", async () => {
    await commit(mongo);
    const { allowed, words } = await ask(mongo, undefined, mongo);

    expect(allowed).toBe(false);
    expect(words).toContain("did not run from a Git checkout");
  });
});
