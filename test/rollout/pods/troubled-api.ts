import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage } from "node:http";
import { request } from "node:https";
import { vi } from "vitest";
import { parse, stringify } from "yaml";
import type { TestCluster } from "./cluster";

/** A delay, or an answer in the API's place. */
interface Trouble {
  readonly delayMs?: number;
  readonly status?: number;
}

/** Such as `GET` and `/apis/apps/v1/namespaces/a/deployments?labelSelector=...`; it may change between requests. */
type Rule = (method: string, url: string) => Trouble | undefined;

interface Config {
  clusters: { cluster: Record<string, unknown> }[];
}

/** Lets each wait of `pulumi up` end with its first failure, in this test. */
export function endPatience(): void {
  let now = Date.now();
  vi.spyOn(Date, "now").mockImplementation(() => (now += 61_000));
}

/** An API before the cluster's own, in trouble by a rule. */
export async function troubledApi(
  { kubeconfig: from, port: target, folder }: Pick<TestCluster, "kubeconfig" | "port" | "folder">,
  rule: Rule,
) {
  let count = 0;
  const forward = (asked: IncomingMessage) => {
    const { url = "", method = "", headers } = asked;
    const to = { host: "127.0.0.1", port: target, path: url, method, headers };
    const sent = request({ ...to, rejectUnauthorized: false });
    asked.pipe(sent);
    return once(sent, "response") as Promise<[IncomingMessage]>;
  };
  const server = createServer((asked, answer) => {
    const { delayMs = 0, status } = rule(asked.method ?? "", asked.url ?? "") ?? {};
    if (delayMs > 0 || status) count += 1;
    setTimeout(() => {
      if (status) {
        answer.writeHead(status, { "content-type": "application/json", "retry-after": "1" });
        answer.end(JSON.stringify({ kind: "Status", message: "it is in trouble", code: status }));
        return;
      }
      // A client that gave up takes no answer.
      forward(asked).then(
        ([given]) => {
          answer.writeHead(given.statusCode ?? 500, given.headers);
          given.pipe(answer);
        },
        () => answer.destroy(),
      );
    }, delayMs);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const config = parse(await readFile(from, "utf8")) as Config;
  // The client takes no other address without TLS.
  const cluster = { server: `http://127.0.0.1:${port}`, "insecure-skip-tls-verify": true };
  for (const one of config.clusters) one.cluster = cluster;
  const kubeconfig = `${folder}/troubled-${port}.kubeconfig`;
  await writeFile(kubeconfig, stringify(config));
  return {
    kubeconfig,
    /** How many requests were in trouble. */
    troubled: () => count,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
