import { readJson } from "../read/json";
import { messageOf, partsOf } from "../read/preview";
import { previewForm } from "../read/preview-form";
import type { Redact } from "../safe/secrets";
import { PostError } from "./errors";

/** A resource that is not as the program sets it up. */
export interface Difference {
  /** What `up` would do about it, such as `update`. */
  readonly operation: string;
  readonly name: string;
  /** Such as `pulumi-nodejs:dynamic/mongo:Index`. */
  readonly type: string;
}

/** Resources of which it is not known whether they differ. */
export interface NotLookedAt {
  /** Why, in the preview's words, such as that MongoDB is out of reach. */
  readonly reason: string;
  /** What they are called; none where the preview names none. */
  readonly names: readonly string[];
}

/** What a refreshed preview found, and what it did not look at. */
export interface Drift {
  readonly differences: readonly Difference[];
  readonly notLookedAt: readonly NotLookedAt[];
  /** False where the migration is a Job (`migration.runAs`): no refresh looks at what one has made. */
  readonly comparesSchema: boolean;
}

/** Steps that change nothing. */
const idle = ["same", "refresh", "read"];

/**
 * What `up` would change, and what the refresh before it left out.
 *
 * @param text what `pulumi preview --refresh --json` prints
 * @throws ReviewInputError where it is something else; PostError where the preview failed
 */
export function driftIn(text: string, redact: Redact): Drift {
  const what = "what `pulumi preview --refresh --json` prints";
  const { steps, diagnostics } = readJson(text, previewForm, { what, redact });
  const messages = (diagnostics ?? []).flatMap(messageOf);
  if (messages.some(({ severity }) => severity === "error") || !steps) {
    throw new PostError(
      "The preview failed, so it is not known what differs: look at its own words.",
    );
  }
  const found = steps.map(({ op, urn }) => ({ op, ...partsOf(urn) }));
  return {
    differences: found
      .filter(({ op }) => !idle.includes(op))
      .map(({ op, name, type }) => ({ operation: op, name, type })),
    notLookedAt: notLookedAtIn(messages.map((message) => message.text)),
    comparesSchema: !found.some(({ type }) => type.endsWith("mongo:MigrationJob")),
  };
}

/** As a refresh without MongoDB says of each resource (`mongoSide`). */
const notRefreshed = /^(\S+) was not refreshed\. ([^]*)$/;
/** As the program says once (`warnOfDataIssues`), also where there was nothing to refresh. */
const withoutData = "This preview goes on without the data";

function notLookedAtIn(warnings: readonly string[]): NotLookedAt[] {
  const byReason = new Map<string, string[]>();
  for (const text of warnings) {
    const [, name = "", reason = ""] = notRefreshed.exec(text) ?? [];
    if (name !== "") byReason.set(reason, [...(byReason.get(reason) ?? []), name]);
  }
  if (byReason.size > 0) return [...byReason].map(([reason, names]) => ({ reason, names }));
  return warnings
    .filter((text) => text.includes(withoutData))
    .map((reason) => ({ reason, names: [] }));
}
