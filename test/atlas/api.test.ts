import { createHash } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import { newProject } from "./api/project";
import { startAtlasApi, type AtlasApi } from "./api/server";

const md5 = (text: string) => createHash("md5").update(text).digest("hex");
const cluster = {
  name: "runs",
  clusterType: "REPLICASET",
  terminationProtectionEnabled: true,
  replicationSpecs: [
    { regionConfigs: [{ electableSpecs: { instanceSize: "M10", nodeCount: 3 } }] },
  ],
};

let api: AtlasApi;
beforeAll(async () => {
  api = await startAtlasApi();
  api.projects.set("p", newProject({ name: "runs", orgId: "o", id: "p" }));
});
afterAll(() => api.stop());

/** A request with the credentials of a key, as the plugin sends it: once for the challenge, once with them. */
async function ask(
  method: string,
  path: string,
  body?: object,
  { privateKey = api.key.privateKey, more = {} } = {},
) {
  const uri = `/api/atlas/v2/groups/p${path}`;
  const text = JSON.stringify(body);
  const send = (headers = {}) =>
    fetch(`${api.url}${uri}`, { method, headers, ...(body && { body: text }) });
  const asked = (await send()).headers.get("www-authenticate") ?? "";
  const [, realm = ""] = /realm="([^"]*)"/.exec(asked) ?? [];
  const [, nonce = ""] = /nonce="([^"]*)"/.exec(asked) ?? [];
  const user = md5(`${api.key.publicKey}:${realm}:${privateKey}`);
  const response = md5(`${user}:${nonce}:00000001:c:auth:${md5(`${method}:${uri}`)}`);
  const authorization =
    `Digest username="${api.key.publicKey}", realm="${realm}", nonce="${nonce}", uri="${uri}", ` +
    `response="${response}", qop=auth, nc=00000001, cnonce="c"`;
  const answer = await send({ authorization, ...more });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

it("answers who has the key, and nobody else", async () => {
  expect(await ask("GET", "/teams")).toMatchObject({ status: 200, body: { totalCount: 0 } });
  const { status } = await ask("GET", "/teams", undefined, { privateKey: "another" });
  expect(status).toBe(401);
});

it("creates a cluster in two looks, and no second one of the name", async () => {
  const { body } = await ask("POST", "/clusters", cluster);
  expect(body).toMatchObject({ stateName: "CREATING", connectionStrings: {} });
  expect((await ask("GET", "/clusters/runs")).body.stateName).toBe("CREATING");
  expect((await ask("GET", "/clusters/runs")).body.stateName).toBe("IDLE");
  expect(await ask("POST", "/clusters", cluster)).toMatchObject({
    status: 400,
    body: { errorCode: "DUPLICATE_CLUSTER_NAME" },
  });
});

it("keeps the size that it runs beside effective fields and disk scaling, as Atlas does", async () => {
  const autoScaling = { diskGB: { enabled: true } };
  const ofSize = (instanceSize: string) => ({
    name: "scaled",
    replicationSpecs: [
      { regionConfigs: [{ autoScaling, electableSpecs: { instanceSize, nodeCount: 3 } }] },
    ],
  });
  const sizesOf = (body: object) =>
    [...JSON.stringify(body).matchAll(/"(e\w*lectableSpecs)":{[^}]*"instanceSize":"(\w+)"/g)].map(
      ([, key, size]) => `${key ?? ""} ${size ?? ""}`,
    );
  await ask("POST", "/clusters", ofSize("M10"));
  const more = { "use-effective-instance-fields": "true" };
  await ask("PATCH", "/clusters/scaled", ofSize("M20"), { more });
  expect(sizesOf((await ask("GET", "/clusters/scaled")).body)).toContain("electableSpecs M10");
  const effective = await ask("GET", "/clusters/scaled", undefined, { more });
  expect(sizesOf(effective.body)).toContain("electableSpecs M20");

  await ask("PATCH", "/clusters/scaled", ofSize("M20"));
  expect(sizesOf((await ask("GET", "/clusters/scaled")).body)).toContain("electableSpecs M20");
});

it("deletes no protected cluster, and answers 501 to what it does not play", async () => {
  expect((await ask("DELETE", "/clusters/runs")).status).toBe(400);
  expect(
    (await ask("PATCH", "/clusters/runs", { terminationProtectionEnabled: false })).status,
  ).toBe(200);
  expect((await ask("DELETE", "/clusters/runs")).status).toBe(200);
  expect((await ask("GET", "/peers")).status).toBe(501);
});
