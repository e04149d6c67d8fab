import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  pulumiDownload,
  pulumiOnPath,
  systemName,
  usableCli,
} from "../../../tools/parts/pulumi/cli";
import { versions } from "../../../tools/parts/versions";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "pulumi-"));
  vi.stubEnv("XDG_CACHE_HOME", join(folder, "cache"));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  await rm(folder, { recursive: true });
});

/** A program that prints a text, whatever it is asked. */
async function program(file: string, prints: string) {
  await writeFile(file, `#!/bin/sh\necho "${prints}"\n`);
  await chmod(file, 0o755);
}

describe("the Pulumi on PATH", () => {
  test("is used with its language host, from the oldest version on", () => {
    expect(usableCli({ version: "v3.200.0", languageHost: true })).toEqual({ part: "v3.200.0" });
    expect(usableCli({ version: "v3.300.1", languageHost: true })).toEqual({ part: "v3.300.1" });
  });

  test.each([
    [undefined, "not on PATH"],
    ["v3.199.9", "v3.199.9 on PATH is not version 3 from 3.200.0 on"],
    ["v4.0.0", "v4.0.0 on PATH is not version 3 from 3.200.0 on"],
    ["", "the one on PATH, which states no version, is not version 3 from 3.200.0 on"],
  ])("of version %s is not", (version, missing) => {
    expect(usableCli({ version, languageHost: true })).toEqual({ missing });
  });

  test("without a language host is not used", () => {
    expect(usableCli({ version: "v3.274.1", languageHost: false })).toEqual({
      missing: "v3.274.1 on PATH comes without pulumi-language-nodejs",
    });
  });

  test("may have its language host elsewhere on PATH", async () => {
    const one = join(folder, "one");
    const other = join(folder, "other");
    await mkdir(one);
    await mkdir(other);
    await program(join(one, "pulumi"), "v3.274.1");
    const path = [one, other, process.env.PATH].join(delimiter);
    const onlyOne = [one, "/bin", "/usr/bin"].join(delimiter);
    expect((await pulumiOnPath(onlyOne)).languageHost).toBe(false);
    await program(join(other, "pulumi-language-nodejs"), "");
    expect(await pulumiOnPath(path)).toEqual({ version: "v3.274.1", languageHost: true });
  });
});

describe("the official download", () => {
  test("has names for the systems it is made for", () => {
    expect(systemName("linux", "x64")).toBe("linux-x64");
    expect(systemName("darwin", "arm64")).toBe("darwin-arm64");
    expect(systemName("linux", "riscv64")).toBeUndefined();
    expect(systemName("win32", "x64")).toBeUndefined();
  });

  /** Answers every request with a file. */
  async function serve(body: Buffer) {
    const server = createServer((_, response) => response.end(body)).listen(0, "127.0.0.1");
    await once(server, "listening");
    return { server, from: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
  }

  async function archive(version: string) {
    await mkdir(join(folder, "pulumi"));
    await program(join(folder, "pulumi", "pulumi"), version);
    const file = join(folder, "archive.tar.gz");
    execFileSync("tar", ["-czf", file, "-C", folder, "pulumi"]);
    return readFile(file);
  }

  test("is unpacked into the cache and found there by the next run", async () => {
    const { server, from } = await serve(await archive(versions.pulumi));
    const source = pulumiDownload(from);
    expect(await source.kept()).toBeUndefined();
    expect(await source.closed()).toBeUndefined();
    const got = await source.get();
    server.close();
    expect(await readFile(join(got, "pulumi"), "utf8")).toContain(versions.pulumi);
    expect(await pulumiDownload(from).kept()).toBe(got);
  });

  test.each([
    ["another version", () => archive("v3.1.0"), "holds no Pulumi"],
    ["no archive", () => Promise.resolve(Buffer.from("<html>Log in</html>")), "no whole archive"],
    ["half an archive", async () => (await archive("v3.1.0")).subarray(0, 80), "no whole archive"],
  ])("that is %s is refused and not kept", async (_, body, reason) => {
    const { server, from } = await serve(await body());
    const source = pulumiDownload(from);
    await expect(source.get()).rejects.toThrow(reason);
    server.close();
    expect(await source.kept()).toBeUndefined();
  });
});
