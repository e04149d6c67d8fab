import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { pulumiDownload, systemName } from "../../../tools/parts/pulumi/cli";
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
    const program = `#!/bin/sh\necho "${version}"\n`;
    await writeFile(join(folder, "pulumi", "pulumi"), program, { mode: 0o755 });
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
