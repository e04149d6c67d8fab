import { uriFacts } from "../../components/settings";
import { differs, type Resource, type ResourceRule } from "../rule";
import { types } from "../types";
import { walk } from "../walk";
import { connectionStringsIn } from "./connection-strings";

/** Every connection of a production environment is encrypted. */
export const tls: ResourceRule = {
  name: "tls",
  asks: "connection strings have TLS on, and certificates checked, unless the host is local; Atlas takes TLS 1.2 or later; `MongoDBCommunity` has `spec.security.tls.enabled`",
  why: "plans and logs of runs, and the passwords, go over that line",
  of: (resource) => [...ofConnectionStrings(resource), ...ofCluster(resource)],
};

function ofConnectionStrings({ props }: Resource): string[] {
  return [...walk(props)].flatMap(({ path, value }) =>
    typeof value === "string"
      ? lacksOf(value).map((lack) => `The connection string at ${path} ${lack}`)
      : [],
  );
}

/** What connection strings in a text lack, each once. */
function lacksOf(text: string): string[] {
  const remote = connectionStringsIn(text)
    .map((uri) => uriFacts(uri))
    .filter((facts) => facts && !facts.local);
  const lacks = remote.flatMap((facts) => {
    if (!facts?.tls) return ["has no TLS: use tls=true or mongodb+srv."];
    return facts.unchecked.map((name) => `checks no certificate: leave ${name} out.`);
  });
  return [...new Set(lacks)];
}

function ofCluster({ type, props }: Resource): string[] {
  if (type === types.operatorCluster) {
    const enabled = valueAt(props, "spec", "security", "tls", "enabled");
    return differs(enabled, true)
      ? ["The replica set has no TLS: set spec.security.tls.enabled to true."]
      : [];
  }
  if (type !== types.atlasCluster) return [];
  const oldest = valueAt(props, "advancedConfiguration", "minimumEnabledTlsProtocol");
  return oldest === "TLS1_0" || oldest === "TLS1_1"
    ? [`The cluster takes ${oldest}: set minimumEnabledTlsProtocol to TLS1_2 or TLS1_3.`]
    : [];
}

function valueAt(value: unknown, ...keys: readonly string[]): unknown {
  return keys.reduce<unknown>(
    (at, key) =>
      typeof at === "object" && at !== null ? (at as Record<string, unknown>)[key] : at,
    value,
  );
}
