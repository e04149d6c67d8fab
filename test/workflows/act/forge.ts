import { mkdir, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { gitea } from "../../../tools/parts";
import { startChild } from "../../../tools/parts/child";

/** A forge with one user, `op`. */
export interface Forge {
  readonly serverUrl: string;
  readonly apiUrl: string;
  readonly token: string;
  /** Creates an empty private repository. */
  create(name: string): Promise<ForgeRepository>;
  stop(): Promise<void>;
}

/** A repository on a forge. */
export interface ForgeRepository {
  /** `owner/name`. */
  readonly fullName: string;
  /** The address to push to, with the owner's token. */
  readonly remote: string;
  /** Asks the API about it, such as `issues`, as its owner. */
  ask<T>(path: string, method?: string, body?: object): Promise<T>;
}

const owner = "op";

/** Starts Gitea on a free port, with its data below `folder`, and creates its user. */
export async function startForge(folder: string): Promise<Forge> {
  const { gitea: program, files } = await gitea();
  const port = await freePort();
  const serverUrl = `http://127.0.0.1:${port}`;
  const config = join(folder, "app.ini");
  await mkdir(folder, { recursive: true });
  await writeFile(config, settings(folder, files, port));
  const run = (...args: string[]) => execa(program, ["--config", config, ...args]);
  await run("migrate");
  const user = ["--username", owner, "--random-password", "--email", "op@localhost", "--admin"];
  const token = ["--access-token", "--access-token-name", "tests", "--access-token-scopes", "all"];
  const { stdout } = await run("admin", "user", "create", ...user, ...token);
  const [created = ""] = /[0-9a-f]{40}/.exec(stdout) ?? [];
  const web = [program, "--config", config, "web"] as const;
  const child = await startChild(web, { log: join(folder, "web.log") });
  const api = async <T>(path: string, method = "GET", body?: object): Promise<T> => {
    const headers = { authorization: `token ${created}`, "content-type": "application/json" };
    const options = { method, headers, ...(body && { body: JSON.stringify(body) }) };
    const answer = await fetch(`${serverUrl}/api/v1/${path}`, options);
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return (text === "" ? undefined : JSON.parse(text)) as T;
  };
  for (let tries = 0; !(await fetch(serverUrl).catch(() => undefined)); tries += 1) {
    if (tries > 300) throw new Error(`Gitea does not answer, see ${folder}/web.log`);
    await sleep(200);
  }
  return {
    serverUrl,
    apiUrl: `${serverUrl}/api/v1`,
    token: created,
    async create(name) {
      await api("user/repos", "POST", { name, default_branch: "main", private: true });
      const fullName = `${owner}/${name}`;
      const remote = `${serverUrl.replace("//", `//${owner}:${created}@`)}/${fullName}.git`;
      return {
        fullName,
        remote,
        ask: (path, ...request) => api(`repos/${fullName}/${path}`, ...request),
      };
    },
    async stop() {
      child.kill();
      if (child.exitCode === null) await once(child, "exit");
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

function settings(folder: string, files: string, port: number): string {
  return `WORK_PATH = ${folder}
RUN_MODE = prod
I_AM_BEING_UNSAFE_RUNNING_AS_ROOT = true
[server]
HTTP_ADDR = 127.0.0.1
HTTP_PORT = ${port}
ROOT_URL = http://127.0.0.1:${port}/
OFFLINE_MODE = true
DISABLE_SSH = true
STATIC_ROOT_PATH = ${files}
[database]
DB_TYPE = sqlite3
PATH = ${join(folder, "gitea.db")}
[security]
INSTALL_LOCK = true
SECRET_KEY = of-the-tests
[actions]
ENABLED = false
[indexer]
ISSUE_INDEXER_TYPE = db
`;
}
