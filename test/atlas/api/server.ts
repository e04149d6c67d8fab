import { createServer, type IncomingMessage } from "node:http";
import { json } from "node:stream/consumers";
import type { AddressInfo } from "node:net";
import type { RoomSettings } from "../plugin/room";
import type { PluginProperties } from "../plugin/values";
import { challenge, isAllowed, type ApiKey } from "./digest";
import { ApiRefusal, routes, type Project } from "./project";

/** A server that plays Atlas' Admin API, as far as this project's resources call it. */
export interface AtlasApi {
  /** `MONGODB_ATLAS_BASE_URL`. */
  readonly url: string;
  readonly key: ApiKey;
  readonly projects: Map<string, Project>;
  /** The server that clusters stand for; set before the first request. */
  settings: RoomSettings;
  /** What was asked to change, such as `POST /clusters`, with the answer's status if that was an error. */
  readonly changes: string[];
  stop(): Promise<void>;
}

const base = "/api/atlas/v2/groups";
/** The routes with their paths as expressions. */
const table = Object.entries(routes).map(([route, answer]) => {
  const [method = "", path = ""] = route.split(" ");
  const expression = path === "/" ? "" : path.replace(":name", "(?<name>[^/]+)");
  return { method, path: new RegExp(`^${expression}$`), answer };
});

/** Starts the server on a free port of this machine. */
export async function startAtlasApi(): Promise<AtlasApi> {
  const projects = new Map<string, Project>();
  const server = createServer((request, response) => {
    void answerOf(request, api).then(({ status, body, headers = {} }) => {
      const type = "application/vnd.atlas.2025-03-12+json";
      response.writeHead(status, { "content-type": type, ...headers });
      response.end(JSON.stringify(body));
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  const api: AtlasApi = {
    url: `http://127.0.0.1:${port}`,
    key: { publicKey: "played", privateKey: "5f000000-0000-0000-0000-000000000000" },
    projects,
    settings: { host: "", admin: "" },
    changes: [],
    stop: () =>
      new Promise((done) => {
        server.close(() => {
          done();
        });
        server.closeAllConnections();
      }),
  };
  return api;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

async function answerOf(request: IncomingMessage, api: AtlasApi): Promise<Answer> {
  const { method = "", url = "" } = request;
  const hasBody = Number(request.headers["content-length"] ?? 0) > 0;
  const body = hasBody ? ((await json(request)) as PluginProperties) : {};
  if (!isAllowed(request, api.key)) {
    return { status: 401, body: {}, headers: { "www-authenticate": challenge } };
  }
  const { pathname } = new URL(url, api.url);
  const isEffective = request.headers["use-effective-instance-fields"] === "true";
  const [, id = "", path = ""] = /^\/([^/]*)(.*)$/.exec(pathname.slice(base.length)) ?? [];
  const note = (status = "") => {
    if (method !== "GET") api.changes.push(`${method} ${path || "project"}${status}`);
  };
  try {
    const answer = await answered({ method, id, path, body, isEffective }, api);
    note();
    return { status: method === "POST" ? 201 : 200, body: answer };
  } catch (error) {
    const { status, code } =
      error instanceof ApiRefusal ? error : new ApiRefusal(500, String(error));
    note(` ${status}`);
    const detail = `${method} ${path}: ${code}`;
    return { status, body: { error: status, errorCode: code, reason: code, detail } };
  }
}

interface Request {
  readonly method: string;
  readonly id: string;
  readonly path: string;
  readonly body: PluginProperties;
  readonly isEffective: boolean;
}

function answered({ method, id, path, body, isEffective }: Request, api: AtlasApi): unknown {
  const project = api.projects.get(id);
  if (project === undefined) throw new ApiRefusal(404, "GROUP_NOT_FOUND");
  const route = table.find((one) => one.method === method && one.path.test(path));
  if (route === undefined) throw new ApiRefusal(501, "NOT_PLAYED");
  const name = decodeURIComponent(route.path.exec(path)?.groups?.name ?? "");
  return route.answer({ project, name, body, isEffective, settings: api.settings });
}
