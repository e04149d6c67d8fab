import type { StateFile } from "./address";
import { Refusal } from "./errors";
import { type JsonObject, isJsonObject, membersOf } from "./json/object";

/** What a record gets from around it where it does not say it itself. */
export type Given = Readonly<Record<string, unknown>>;

/** One record as its file has it. */
export interface Entry {
  readonly fields: unknown;
  readonly given: Given;
  /** Its place in the file's list, from 1. */
  readonly entry?: number;
}

/** What is known of a file beside its texts. */
export interface FileFacts {
  /** The run's id by the file's name. */
  readonly runId: string;
  /** Whether a log's lines have sequences of their own; where none has, the line number is it. */
  readonly numbered: boolean;
}

/**
 * The records in a JSON text: a run and a log line are one, approvals are a list, a manifest has
 * a list of outputs.
 *
 * @param line the line's number in a log
 * @throws Refusal where the text has another form
 */
export function unpack(
  { role }: StateFile,
  { runId, numbered }: FileFacts,
  value: unknown,
  line?: number,
): Entry[] {
  switch (role) {
    case "runs":
      return [{ fields: value, given: {} }];
    case "logs":
      return [{ fields: value, given: { runId, ...(!numbered && { sequence: line }) } }];
    case "approvals":
      return entries(value, "a list of approvals", { runId });
    case "artifacts":
      return outputsOf(value, runId);
  }
}

function outputsOf(manifest: unknown, runId: string): Entry[] {
  if (!isJsonObject(manifest)) throw new Refusal("form", "it is not a manifest object");
  const uploadedAt = memberOf(manifest, "uploadedAt");
  return entries(memberOf(manifest, "outputs"), "a manifest with a list of outputs", {
    runId: memberOf(manifest, "runId") ?? runId,
    ...(uploadedAt != null && { capturedAt: uploadedAt }),
  });
}

function entries(list: unknown, expected: string, given: Given): Entry[] {
  if (!Array.isArray(list)) throw new Refusal("form", `it is not ${expected}`);
  return list.map((fields: unknown, at) => ({ fields, given, entry: at + 1 }));
}

/** The value of a member whose name is written in any case. */
export function memberOf(object: JsonObject, name: string): unknown {
  const wanted = name.toLowerCase();
  return membersOf(object).find(([key]) => key.toLowerCase() === wanted)?.[1];
}
