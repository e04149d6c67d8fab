import { isSecret } from "../props";
import type { ResourceRule } from "../rule";
import { walk } from "../walk";
import { connectionStringsIn } from "./connection-strings";

/** What was in plain text in each resource, by URN, as the look before the rule found it. */
const plainTexts = new Map<string, readonly string[]>();

/** Notes the inputs of a resource that have a connection string and are no secret. */
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
export const secretConnectionStrings: ResourceRule = {
  name: "connection-string-secret",
  asks: "a connection string in an input of any resource is a secret",
  why: "it would be in plain text in the state and in every preview",
  of: ({ urn }) => {
    const found = plainTexts.get(urn);
    if (!found) return ["Secrets were not looked at: leave this policy's level at remediate."];
    return found.map((path) => `The connection string at ${path} is no secret: use pulumi.secret.`);
  },
};
