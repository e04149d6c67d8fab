import { uriFacts } from "../../components/settings";
import { isSecret, walk } from "../props";
import { differs, types, type Resource, type Rule } from "../rule";

/** Every connection of a production environment is encrypted. */
export const tls: Rule = {
  name: "tls",
  asks: "connection strings have TLS on, and certificates checked, unless the host is local; Atlas takes TLS 1.2 or later; `MongoDBCommunity` has `spec.security.tls.enabled`",
  why: "plans and logs of runs, and the passwords, go over that line",
  of: (resource) => [...checkConnectionStrings(resource), ...checkCluster(resource)],
};

function checkConnectionStrings({ props }: Resource): string[] {
  return [...walk(props)].flatMap(({ path, value }) =>
    typeof value === "string"
      ? listLacks(value).map((lack) => `The connection string at ${path} ${lack}`)
      : [],
  );
}

/** What connection strings in a text lack, each once. */
function listLacks(text: string): string[] {
  const remote = connectionStringsIn(text)
    .map((uri) => uriFacts(uri))
    .filter((facts) => facts && !facts.local);
  const lacks = remote.flatMap((facts) => {
    if (!facts?.tls) return ["has no TLS: use tls=true or mongodb+srv."];
    return facts.unchecked.map((name) => `does not check certificates: remove ${name}.`);
  });
  return [...new Set(lacks)];
}

function checkCluster({ type, props }: Resource): string[] {
  if (type === types.operatorCluster) {
    const enabled = valueAt(props, "spec", "security", "tls", "enabled");
    return differs(enabled, true)
      ? ["The replica set has no TLS: set spec.security.tls.enabled to true."]
      : [];
  }
  if (type !== types.atlasCluster) return [];
  const oldest = valueAt(props, "advancedConfiguration", "minimumEnabledTlsProtocol");
  return oldest === "TLS1_0" || oldest === "TLS1_1"
    ? [`The cluster accepts ${oldest}: set minimumEnabledTlsProtocol to TLS1_2 or TLS1_3.`]
    : [];
}

function valueAt(value: unknown, ...keys: readonly string[]): unknown {
  return keys.reduce<unknown>(
    (at, key) =>
      typeof at === "object" && at !== null ? (at as Record<string, unknown>)[key] : at,
    value,
  );
}

/** The plain-text inputs of each resource, by URN, from the look before the rule. */
const plainTexts = new Map<string, readonly string[]>();

/** Records the inputs of a resource that hold a connection string in plain text. */
export function lookForPlainTexts(urn: string, props: Readonly<Record<string, unknown>>): void {
  const found = [...walk(props, isSecret)].filter(
    ({ value }) => typeof value === "string" && connectionStringsIn(value).length > 0,
  );
  plainTexts.set(
    urn,
    found.map(({ path }) => path),
  );
}

/** The engine keeps connection strings secret: in its state, in previews and in its log. */
export const secretConnectionStrings: Rule = {
  name: "connection-string-secret",
  asks: "a connection string in an input of any resource is a secret",
  why: "it would be in plain text in the state and in every preview",
  of: ({ urn }) => {
    const found = plainTexts.get(urn);
    if (!found) return ["Secrets were not checked: set the level of this policy to remediate."];
    return found.map(
      (path) => `The connection string at ${path} is not a secret: use pulumi.secret.`,
    );
  },
};

const pattern = /mongodb(?:\+srv)?:\/\/[^\s"'`<>]+/g;

function connectionStringsIn(text: string): string[] {
  return [...text.matchAll(pattern)].map(([uri]) => uri);
}
