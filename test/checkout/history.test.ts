import { join } from "node:path";
import { expect, it } from "vitest";
import { isBehind, modeSince } from "../../components/checkout";
import { repositoryPerTest, settings } from "./repository";

const current = repositoryPerTest();
const file = "Pulumi.prod.yaml";
const since = (revision: string) => modeSince({ revision }, join(current.checkout, file));

it("gives the modes from the base on, of commits that touch the file", async () => {
  const before = await current.commit({ other: "1" });
  const base = await current.commit({ [file]: settings("mongo") });
  await current.commit({ other: "2" });
  await current.commit({ [file]: settings("filesystem") });
  const last = await current.commit({ [file]: settings("mongo") });

  expect(await since(before)).toEqual([undefined, "mongo", "filesystem", "mongo"]);
  expect(await since(base)).toEqual(["mongo", "filesystem", "mongo"]);
  expect(await since(last)).toEqual(["mongo"]);
});

it("leaves out commits whose file cannot be read: mended they are no change", async () => {
  const base = await current.commit({ [file]: settings("mongo") });
  await current.commit({ [file]: settings("mogno") });
  await current.commit({ [file]: "config: {" });
  const broken = await current.commit({ [file]: settings("files") });
  await current.commit({ [file]: settings("mongo") });

  expect(await since(base)).toEqual(["mongo", "mongo"]);
  expect(await since(broken)).toEqual(["mongo"]);
  await current.commit({ [file]: settings("filesystem") });
  expect(await since(broken)).toEqual(["mongo", "filesystem"]);
});

it("a checkout is behind a commit that has it in its history", async () => {
  const behind = (revision: string) => isBehind({ revision }, join(current.checkout, file));
  const first = await current.commit({ [file]: settings("mongo") });
  const second = await current.commit({ other: "1" });
  expect(await behind(first)).toBe(false);
  expect(await behind(second)).toBe(false);
  expect(await behind("0123456789012345678901234567890123456789")).toBe(false);

  await current.git("checkout", "--quiet", first);
  expect(await behind(second)).toBe(true);
  await current.commit({ other: "another" });
  expect(await behind(second)).toBe(false);
});

it("a merged branch counts as what it brought, not as what was tried on it", async () => {
  const base = await current.commit({ [file]: settings("mongo") });
  await current.git("checkout", "--quiet", "-b", "tried");
  await current.commit({ [file]: settings("filesystem") });
  await current.commit({ [file]: `${settings("mongo")}# another setting\n` });
  await current.git("checkout", "--quiet", "main");
  await current.commit({ third: "3" });
  await current.git("merge", "--quiet", "--no-ff", "tried", "-m", "merge");
  expect(await since(base)).toEqual(["mongo", "mongo"]);

  await current.git("checkout", "--quiet", "-b", "rollback");
  await current.commit({ [file]: settings("filesystem") });
  await current.git("checkout", "--quiet", "main");
  await current.git("merge", "--quiet", "--no-ff", "rollback", "-m", "merge");
  expect(await since(base)).toEqual(["mongo", "mongo", "filesystem"]);
});

it.each(["0123456789012345678901234567890123456789", "--all", "nowhere"])(
  "a base that is not there is named: %s",
  async (revision) => {
    await current.commit({ [file]: settings("mongo") });

    await expect(since(revision)).rejects.toThrow(`no commit ${revision}, from which`);
  },
);
