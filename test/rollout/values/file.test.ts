import {
  chmod,
  lstat,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { providers } from "../../../components/rollout/provider";
import { created, file, folder, inFolder, inputs, original, text } from "./worker-file";

const { ValuesFile } = providers;

inFolder();

describe("the file itself", () => {
  it("keeps its permissions and stays a link, and nothing is left beside it", async () => {
    const real = join(folder, "real.yaml");
    await rename(file, real);
    await chmod(real, 0o640);
    await symlink("real.yaml", file);
    await created(inputs("mongo"));
    expect((await lstat(file)).isSymbolicLink()).toBe(true);
    expect((await stat(real)).mode & 0o777).toBe(0o640);
    expect((await readdir(folder)).sort()).toEqual(["real.yaml", "worker.values.yaml"]);
  });

  it("stays when the resource is deleted", async () => {
    const state = await created(inputs("mongo"));
    const before = await text();
    await ValuesFile.delete("worker", state);
    expect(await text()).toBe(before);
  });

  it("is not touched where it says what it should", async () => {
    await created(inputs("mongo"));
    const { ino } = await stat(file);
    await created(inputs("mongo"));
    expect((await stat(file)).ino).toBe(ino);
  });

  it("is refused in the preview already where it is missing or cannot be edited", async () => {
    expect(await ValuesFile.check({}, inputs("mongo"))).toEqual({
      inputs: inputs("mongo"),
      failures: [],
    });
    await writeFile(file, "a: 1\n---\nb: 2\n");
    const edited = await ValuesFile.check({}, inputs("mongo"));
    expect(edited.failures?.[0]?.property).toBe("file");
    expect(edited.failures?.[0]?.reason).toMatch(/several YAML documents/);
    await rm(file);
    const { failures } = await ValuesFile.check({}, inputs("mongo"));
    expect(failures?.[0]?.reason).toMatch(/cannot be read \(ENOENT\).*rollout\.directory/);
    await expect(ValuesFile.create(inputs("mongo"))).rejects.toThrow(/cannot be read/);
  });

  it("is refused where it is not UTF-8", async () => {
    await writeFile(file, Buffer.from([0x61, 0x3a, 0x20, 0xe4, 0x0a]));
    await expect(ValuesFile.create(inputs("mongo"))).rejects.toThrow(/cannot be read \(ERR_ENC/);
  });

  it("stays whole where nothing can be written beside it", async () => {
    // No file beside one of the longest name can have its name and more.
    const longest = join(folder, "w".repeat(255));
    await rename(file, longest);
    await expect(ValuesFile.create(inputs("mongo", { file: longest }))).rejects.toThrow(
      /directory cannot be written \(ENAMETOOLONG\)/,
    );
    expect(await readFile(longest, "utf8")).toBe(original);
  });
});
