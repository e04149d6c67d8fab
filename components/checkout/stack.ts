import { z } from "zod";
import { settingsSchema, type StorageMode } from "../settings";
import { CheckoutError } from "./git";
import type { Base } from "./history";
import { modeKey } from "./mode";

const outputs = z.object({ storageMode: settingsSchema.shape.storageMode.optional() });

/**
 * The storage mode that a stack's last `up` ended with; undefined before the first one.
 *
 * @param text what `pulumi stack output --json` prints
 * @throws CheckoutError if it is something else
 */
export function runningMode(text: string): StorageMode | undefined {
  try {
    return outputs.parse(JSON.parse(text)).storageMode;
  } catch {
    throw new CheckoutError(
      "The stack's outputs cannot be read: give --outputs what `pulumi stack output --json` prints.",
    );
  }
}

/** What a stack's history says of its last `up`s. */
export interface History {
  /** The commit that the last `up` that succeeded was run from; undefined if unknown. */
  readonly up: Base | undefined;
  /** The newest `up` if it was one to files, whether or not it succeeded. */
  readonly toFiles?: ToFiles | undefined;
}

interface ToFiles {
  /** The commit that it was run from; undefined if unknown. */
  readonly base: Base | undefined;
  /** An unfinished one may have rolled the worker back although the stack's output still says mongo. */
  readonly finished: boolean;
}

const updates = z.array(
  z.object({
    kind: z.string(),
    result: z.string(),
    environment: z.record(z.string(), z.string()).optional(),
    config: z.record(z.string(), z.looseObject({ value: z.unknown().optional() })).optional(),
  }),
);
type Update = z.infer<typeof updates>[number];

/**
 * What a stack's history says of its last `up`s.
 *
 * @param text what `pulumi stack history --json` prints, the newest first
 * @throws CheckoutError if it is something else
 */
export function historyIn(text: string): History {
  const all = readUpdates(text);
  const succeeded = all.find(({ kind, result }) => kind === "update" && result === "succeeded");
  const newest = all.find(({ kind }) => ["update", "destroy"].includes(kind));
  return {
    up: baseOf(succeeded),
    ...(newest && isToFiles(newest) && { toFiles: toFilesOf(newest) }),
  };
}

function readUpdates(text: string): Update[] {
  try {
    return updates.parse(JSON.parse(text));
  } catch {
    throw new CheckoutError(
      "The stack's history cannot be read: give --history what `pulumi stack history --json` prints.",
    );
  }
}

function isToFiles({ kind, config }: Update): boolean {
  return kind === "update" && config?.[modeKey]?.value === "filesystem";
}

function toFilesOf(update: Update): ToFiles {
  return { base: baseOf(update), finished: update.result === "succeeded" };
}

function baseOf(update: Update | undefined): Base | undefined {
  const revision = update?.environment?.["git.head"];
  return revision === undefined ? undefined : { revision };
}
