import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { cacheFolder, fillOnce, partFolder } from "../../../tools/parts/cache";
import { repository } from "../../../tools/parts/repository";

let home: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "cache-"));
  vi.stubEnv("XDG_CACHE_HOME", home);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(home, { recursive: true });
});

const file = (folder: string) => join(folder, "part");

test("the cache is the user's, and XDG_CACHE_HOME moves it", () => {
  expect(cacheFolder()).toBe(join(home, "taskrunner-storage"));
});

test("a part's folder depends on everything it is made from, in order", () => {
  const one = partFolder("pulumi", ["v1", "linux"]);
  expect(partFolder("pulumi", ["v1", "linux"])).toBe(one);
  const others = [partFolder("pulumi", ["v2", "linux"]), partFolder("pulumi", ["v1linux"])];
  expect(new Set([one, ...others]).size).toBe(3);
});

test("a part is made once", async () => {
  const folder = partFolder("part", ["1"]);
  let times = 0;
  const fill = (aside: string) => {
    times += 1;
    return writeFile(file(aside), "whole");
  };
  await fillOnce(folder, fill);
  await fillOnce(folder, fill);
  expect(times).toBe(1);
  expect(await readFile(file(folder), "utf8")).toBe("whole");
});

test("a build that fails leaves nothing, and its error is the caller's", async () => {
  const folder = partFolder("part", ["1"]);
  const fill = async (aside: string) => {
    await writeFile(file(aside), "half");
    throw new Error("no space left");
  };
  await expect(fillOnce(folder, fill)).rejects.toThrow("no space left");
  expect(await readdir(cacheFolder())).toEqual([]);
});

test("a build that is killed in the middle is not taken for whole, and is made anew", async () => {
  const folder = partFolder("part", ["1"]);
  const program = join(home, "killed.ts");
  await writeFile(
    program,
    `import { writeFileSync } from "node:fs";
     import { fillOnce } from ${JSON.stringify(join(repository, "tools", "parts", "cache"))};
     void fillOnce(${JSON.stringify(folder)}, (aside) => {
       writeFileSync(aside + "/part", "half");
       console.log("half");
       return new Promise(() => setInterval(() => undefined, 1000));
     });`,
  );
  const killed = spawn(process.execPath, ["--import", "tsx", program], { cwd: repository });
  await once(killed.stdout, "data");
  killed.kill("SIGKILL");
  await once(killed, "close");
  expect(existsSync(folder)).toBe(false);
  expect(await readdir(cacheFolder())).toHaveLength(2);

  await fillOnce(folder, (aside) => writeFile(file(aside), "whole"));
  expect(await readFile(file(folder), "utf8")).toBe("whole");
  expect(await readdir(cacheFolder())).toEqual([folder.slice(cacheFolder().length + 1)]);
});

test("many that want the same part at once get one, made once", async () => {
  const folder = partFolder("part", ["1"]);
  let times = 0;
  const fill = async (aside: string) => {
    times += 1;
    await new Promise((resolve) => setTimeout(resolve, 100));
    await writeFile(file(aside), "whole");
  };
  vi.spyOn(process.stderr, "write").mockReturnValue(true);
  await Promise.all(Array.from({ length: 5 }, () => fillOnce(folder, fill)));
  expect(times).toBe(1);
  expect(await readFile(file(folder), "utf8")).toBe("whole");
});
