import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, expect, it, vi } from "vitest";
import { pushChange } from "../../components/checkout";
import { repositoryPerTest, settings } from "./repository";

const current = repositoryPerTest();
const file = "Pulumi.prod.yaml";
let server: Server | undefined;
afterEach(() => {
  server?.close();
  server = undefined;
});

async function changed(): Promise<string> {
  await current.commit({ [file]: settings("mongo"), other: "1" });
  await current.git("push", "--quiet", current.origin, "main");
  const path = join(current.checkout, file);
  await writeFile(path, settings("filesystem"));
  await writeFile(join(current.checkout, "other"), "not to be pushed");
  return path;
}

const push = (path: string, token?: string) =>
  pushChange({
    ...{
      file: path,
      branch: "back",
      message: "prod: files",
      author: "op",
      ...(token && { token }),
    },
  });

it("the branch has this change alone, and the checkout stays as it is", async () => {
  const path = await changed();
  const head = await current.git("rev-parse", "HEAD");

  expect(await push(path)).toEqual({ base: "main" });
  const at = ["--git-dir", current.origin];
  expect(await current.git(...at, "show", "--format=%an %ae %s", "--name-only", "back")).toBe(
    `op op@users.noreply.github.com prod: files\n\n${file}`,
  );
  expect(await current.git(...at, "show", `back:${file}`)).toBe(settings("filesystem").trimEnd());
  expect(await current.git(...at, "rev-parse", "back^")).toBe(head);
  expect(await current.git("rev-parse", "HEAD")).toBe(head);
  expect(await current.git("status", "--porcelain")).toBe(` M ${file}\n M other`);
  expect(await readFile(path, "utf8")).toBe(settings("filesystem"));
});

it("again it takes the place of what was on the branch; where git says so, nothing is pushed", async () => {
  const path = await changed();
  await push(path);
  await current.commit({ third: "3" });
  await writeFile(path, `${settings("filesystem")}# later\n`);
  expect(await push(path)).toEqual({ base: "main" });
  expect(await current.git("--git-dir", current.origin, "rev-list", "--count", "main..back")).toBe(
    "2",
  );

  await current.commit({});
  expect(await push(path)).toEqual({ base: undefined });
});

it("says where no branch is checked out, and where the remote is gone", async () => {
  const path = await changed();
  // Git itself leaves the password out of its words about the first one, and not about the other.
  for (const remote of ["https://me:secret@127.0.0.1:1/o/r", "git://me:secret@127.0.0.1:1/o/r"]) {
    await current.git("remote", "set-url", "origin", remote);
    const failed = push(path, "token");
    await expect(failed).rejects.toThrow("git push failed");
    await expect(failed).rejects.not.toThrow(/secret|x-access-token/);
  }

  await current.git("checkout", "--quiet", "--detach");
  await expect(push(path)).rejects.toThrow("No branch is checked out");
});

it("over HTTP the token is the login, in place of what the checkout has, and is kept nowhere", async () => {
  const path = await changed();
  const logins = await serve("the-token");
  await current.git("config", `http.${address()}.extraHeader`, "Authorization: Basic bm90aGlz");
  await current.git("remote", "set-url", "origin", `${address()}/origin.git`);

  await expect(push(path, "another")).rejects.toThrow("git push failed");
  expect(await push(path, "the-token")).toEqual({ base: "main" });
  expect(logins.at(-1)).toBe("x-access-token:the-token");
  expect(await current.git("--git-dir", current.origin, "branch", "--list", "back")).toContain(
    "back",
  );
  expect(await readFile(join(current.checkout, ".git/config"), "utf8")).not.toContain("the-token");
});

it("the token is in no argument of a process", async () => {
  const path = await changed();
  await serve("the-token");
  await current.git("remote", "set-url", "origin", `${address()}/origin.git`);
  const trace = join(current.folder, "trace");
  vi.stubEnv("GIT_TRACE2_EVENT", trace);
  await push(path, "the-token").finally(() => vi.unstubAllEnvs());

  const processes = await readFile(trace, "utf8");
  expect(processes).toContain('"argv":["git","push"');
  expect(processes).not.toContain(Buffer.from("x-access-token:the-token").toString("base64"));
});

const address = () => `http://127.0.0.1:${(server?.address() as AddressInfo).port}`;

/** Serves the bare repository by Git's own program for it, to those who have the token. */
async function serve(token: string): Promise<string[]> {
  const { stdout: programs } = await execa("git", ["--exec-path"]);
  await current.git("--git-dir", current.origin, "config", "http.receivepack", "true");
  const logins: string[] = [];
  server = createServer((request, response) => {
    const header = request.headers.authorization ?? "";
    const login = Buffer.from(header.replace(/^Basic /, ""), "base64").toString();
    logins.push(login);
    if (login === `x-access-token:${token}`) handOn(request, response, programs);
    else response.writeHead(401, { "www-authenticate": "Basic" }).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return logins;
}

function handOn(request: IncomingMessage, response: ServerResponse, programs: string): void {
  const { pathname, searchParams } = new URL(request.url ?? "", "http://host");
  const env = {
    ...{ GIT_PROJECT_ROOT: current.folder, GIT_HTTP_EXPORT_ALL: "1", PATH_INFO: pathname },
    ...{ REQUEST_METHOD: request.method, QUERY_STRING: searchParams.toString() },
    ...{ CONTENT_TYPE: request.headers["content-type"], REMOTE_USER: "op", PATH: process.env.PATH },
    HTTP_CONTENT_ENCODING: request.headers["content-encoding"],
  };
  const program = spawn(join(programs, "git-http-backend"), { env });
  request.pipe(program.stdin);
  const chunks: Buffer[] = [];
  program.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  program.once("close", () => {
    const all = Buffer.concat(chunks);
    const end = all.indexOf("\r\n\r\n");
    const headers = all.subarray(0, end).toString().split("\r\n");
    const status = Number(/\d+/.exec(headers.find((one) => /^status:/i.test(one)) ?? "200")?.[0]);
    const pairs = headers.filter((one) => !/^status:/i.test(one)).map((one) => one.split(/: (.*)/));
    response.writeHead(
      status,
      Object.fromEntries(pairs.map(([name = "", value = ""]) => [name, value])),
    );
    response.end(all.subarray(end + 4));
  });
}
