import { describe, expect, it } from "vitest";
import { isApplied } from "../../../components/cluster/kubernetes/ready";

const spec = {
  members: 3,
  version: "8.0.12",
  security: {
    tls: { enabled: false },
    roles: [{ role: "r", resource: { db: "d", collection: "" } }],
  },
  users: [{ name: "schema", passwordSecretRef: { name: "password-1" } }],
  statefulSet: { spec: { resources: { requests: { memory: "1024Mi" } }, initContainers: [] } },
};
/** As the operator writes it: without what is empty, with more than was asked for. */
const written = {
  members: 3,
  version: "8.0.12",
  arbiters: 0,
  security: { tls: {}, roles: [{ role: "r", resource: { db: "d" } }] },
  users: [{ name: "schema", db: "admin", passwordSecretRef: { name: "password-1" } }],
  statefulSet: {
    spec: { selector: null, resources: { requests: { memory: "1Gi" } } },
    metadata: {},
  },
};
const found = (successful: unknown) => ({
  metadata: {
    annotations: { "mongodb.com/v1.lastSuccessfulConfiguration": JSON.stringify(successful) },
  },
  spec,
});

describe("what the operator has applied", () => {
  it("is the spec, in the operator's own form", () => {
    expect(isApplied(found(written))).toBe(true);
  });

  it.each([
    ["another password", { users: [{ ...written.users[0], passwordSecretRef: { name: "old" } }] }],
    ["another number of members", { members: 1 }],
    ["TLS that is still on", { security: { ...written.security, tls: { enabled: true } } }],
    ["one more user", { users: [...written.users, ...written.users] }],
    ["no roles", { security: { tls: {} } }],
  ])("is not the spec with %s", (_, change) => {
    expect(isApplied(found({ ...written, ...change }))).toBe(false);
  });

  it("is nothing before its first confirmation", () => {
    expect(isApplied({ metadata: {}, spec })).toBe(false);
  });
});
