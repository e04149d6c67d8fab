import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach } from "vitest";

/** An answer that the server gives once in place of its own. */
export interface Odd {
  readonly status: number;
  readonly message?: string;
  readonly headers?: Record<string, string>;
  readonly errors?: object[];
  /** The request is done, and only then answered like this: as a proxy that gives up too early. */
  readonly afterwards?: boolean;
  /** No answer at all: the connection is cut. */
  readonly cut?: boolean;
}

export interface Author {
  readonly id?: number;
  readonly login: string;
  readonly type?: string;
}

interface Entry {
  id: number;
  user: Author;
  body: string;
  html_url: string;
}

/** What the server has of one repository, `o/r`, with the pull request 5; on GitLab of the project 77, with the merge request 5. */
interface Stored {
  comments: Entry[];
}

export type Kind = "github" | "gitea" | "gitlab";

const paths = {
  github: "/api/v3",
  gitea: "/api/v1",
  gitlab: "/api/v4",
};

const bot = { login: "project_77_bot_1", id: 14 };

/** A server that answers as the API of GitHub, Gitea or GitLab does, as far as it is used here. */
export class ReviewServer {
  readonly stored: Stored = { comments: [] };
  /** Every request, as `METHOD /path?query`. */
  readonly requests: string[] = [];
  /** The header of each request. */
  readonly authorizations: (string | undefined)[] = [];
  /** The next answers to a method and path. */
  readonly odd: { readonly to: RegExp; readonly answers: Odd[] }[] = [];
  /** What a line of a note made GitLab do, such as `merge`. */
  readonly commands: string[] = [];
  /** Who the token's user is; undefined: a workflow's token, which cannot ask. */
  login: string | undefined;
  kind: Kind = "github";
  longest = 65_536;
  readonly #server = createServer((request, response) => {
    void this.#answer(request, response);
  });
  #ids = 100;

  async start(): Promise<void> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  get apiUrl(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${port}${paths[this.kind]}`;
  }

  /** Who a new text is by. */
  get writer(): Author {
    if (this.kind === "gitlab") return bot;
    if (this.login !== undefined) return { login: this.login, type: "User" };
    return this.kind === "gitea"
      ? { login: "gitea-actions" }
      : { login: "github-actions[bot]", type: "Bot" };
  }

  /** Puts something there, as if it had been written before. */
  add(where: keyof Stored, entry: Partial<Entry> = {}): Entry {
    const id = ++this.#ids;
    const html_url = `http://web/${where}/${id}`;
    const whole = { id, user: this.writer, body: "", html_url, ...entry };
    this.stored[where].push(whole);
    return whole;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "", url = "" } = request;
    let text = "";
    for await (const chunk of request) text += String(chunk);
    this.requests.push(`${method} ${url}`);
    this.authorizations.push(request.headers.authorization);
    const odd = this.odd.find(
      ({ to, answers }) => to.test(`${method} ${url}`) && answers.length > 0,
    );
    const strange = odd?.answers.shift();
    const body = text === "" ? {} : (JSON.parse(text) as Record<string, string>);
    const usual =
      !strange || strange.afterwards
        ? this.#usual(method, new URL(url, this.apiUrl), body)
        : undefined;
    if (strange?.cut) {
      request.socket.destroy();
      return;
    }
    const {
      status,
      headers = {},
      data,
    } = strange
      ? {
          ...strange,
          data: {
            message: strange.message ?? "odd",
            ...(strange.errors && { errors: strange.errors }),
          },
        }
      : (usual ?? notFound);
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(status === 204 ? undefined : JSON.stringify(data));
  }

  #usual(method: string, url: URL, body: Record<string, string>): Answer {
    const path = url.pathname.replace(/^\/api\/v\d/, "");
    const at = (pattern: RegExp) => pattern.exec(`${method} ${path}`);
    if (this.kind === "gitlab") return this.#gitlab(method, path, url, body);
    if (at(/^GET \/user$/)) return this.#user();
    if (at(/^GET \/repos\/o\/r\/issues\/5\/comments$/)) return this.#list(url);
    if (at(/^POST \/repos\/o\/r\/issues\/5\/comments$/)) return this.#create(body);
    const [, comment] = at(/^\w+ \/repos\/o\/r\/issues\/comments\/(\d+)$/) ?? [];
    if (comment !== undefined) return this.#change(method, Number(comment), body);
    return notFound;
  }

  #gitlab(method: string, path: string, url: URL, body: Record<string, string>): Answer {
    const [, note] = /^\/projects\/77\/merge_requests\/5\/notes(?:\/(\d+))?$/.exec(path) ?? [];
    if (`${method} ${path}` === "GET /user") return { status: 200, data: { id: bot.id } };
    const answer = {
      GET: () => this.#list(url),
      POST: () => this.#create(body),
      PUT: () => this.#change(method, Number(note), body),
      DELETE: () => this.#change(method, Number(note), body),
    }[method];
    if (!path.includes("/notes") || !answer) return notFound;
    this.commands.push(...commandsIn(body.body));
    const { data, ...rest } = answer();
    const shown = Array.isArray(data)
      ? (data as Entry[]).map(asNote)
      : data && asNote(data as Entry);
    return { ...rest, data: shown };
  }

  #user(): Answer {
    if (this.login !== undefined) return { status: 200, data: { login: this.login } };
    return { status: 403, data: { message: "Resource not accessible by integration" } };
  }

  /** Gitea lists all comments at once. */
  #list(url: URL): Answer {
    const gitea = this.kind === "gitea";
    const asked = Number(url.searchParams.get("per_page")) || 30;
    const size = gitea ? Infinity : Math.min(asked, 100);
    const page = Number(url.searchParams.get("page")) || 1;
    const all = this.stored.comments;
    const data = size === Infinity ? all : all.slice((page - 1) * size, page * size);
    const isLast = page * size >= all.length;
    if (this.kind === "gitlab") {
      return { status: 200, data, headers: { "x-next-page": isLast ? "" : String(page + 1) } };
    }
    if (size === Infinity || isLast) return { status: 200, data };
    const next = new URL(url);
    next.searchParams.set("page", String(page + 1));
    return {
      status: 200,
      data,
      headers: { link: `<${next.href}>; rel="next", <${next.href}>; rel="last"` },
    };
  }

  #create(body: Record<string, string>): Answer {
    return this.#tooLong(body) ?? { status: 201, data: this.add("comments", body) };
  }

  #change(method: string, id: number, body: Record<string, string>): Answer {
    const all = this.stored.comments;
    const found = all.find((one) => one.id === id);
    if (!found) return notFound;
    if (method === "DELETE") {
      all.splice(all.indexOf(found), 1);
      return { status: 204, data: undefined };
    }
    return this.#tooLong(body) ?? { status: 200, data: Object.assign(found, body) };
  }

  #tooLong({ body = "" }: Record<string, string>): Answer | undefined {
    if (body.length <= this.longest) return undefined;
    const message = `body is too long (maximum is ${this.longest} characters)`;
    const errors = [{ resource: "IssueComment", code: "custom", field: "body", message }];
    return { status: 422, data: { message: "Validation Failed", errors } };
  }
}

interface Answer {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly data: unknown;
}

const asNote = ({ id, body, user }: Entry) => ({ id, body, author: user, system: false });

/** The commands in a note, as releases of GitLab found them that did not read its Markdown. */
function commandsIn(body = ""): string[] {
  const found = body.matchAll(/^```.+?\n```$|^\/(\w+).*$/gms);
  return [...found].flatMap(([, command]) => command ?? []);
}

const notFound: Answer = { status: 404, data: { message: "Not Found" } };

/** A new server for each test. */
export function serverPerTest(): { server: ReviewServer } {
  const current = {} as { server: ReviewServer };
  beforeEach(async () => {
    current.server = new ReviewServer();
    await current.server.start();
  });
  afterEach(() => current.server.stop());
  return current;
}
