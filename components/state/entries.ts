import type { ImpliedFields } from "./convert";
import { Refusal } from "./errors";
import { isJsonObject, memberOf } from "./json";
import type { StateFile } from "./layout";

/** A record as it is in a file that has one JSON value. */
export interface Entry {
  readonly fields: unknown;
  readonly impliedFields: ImpliedFields;
  /** Its position in the file's list, from 1. */
  readonly entry?: number;
}

/**
 * Splits the JSON value of a file into entries: a run is one, approvals are a list, and a manifest has a list of outputs.
 *
 * @throws Refusal if the value has another form
 */
export function unpack({ role }: StateFile, runId: string, value: unknown): Entry[] {
  if (role === "runs") return [{ fields: value, impliedFields: {} }];
  if (role !== "artifacts") return toEntries(value, "a list of approvals", { runId });
  if (!isJsonObject(value)) throw new Refusal("form", "it is not a manifest object");
  const uploadedAt = memberOf(value, "uploadedAt");
  return toEntries(memberOf(value, "outputs"), "a manifest with a list of outputs", {
    runId: memberOf(value, "runId") ?? runId,
    ...(uploadedAt != null && { capturedAt: uploadedAt }),
  });
}

function toEntries(list: unknown, expected: string, impliedFields: ImpliedFields): Entry[] {
  if (!Array.isArray(list)) throw new Refusal("form", `it is not ${expected}`);
  return list.map((fields: unknown, at) => ({ fields, impliedFields, entry: at + 1 }));
}
