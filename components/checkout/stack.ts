import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { settingsSchema } from "../settings";
import { CheckoutError } from "./git";
import { modeKey } from "./mode";

const mode = settingsSchema.shape.storageMode;
const outputs = z.object({
  storageMode: mode,
  source: z.object({ commit: z.string().optional(), storageMode: mode.optional() }),
});

/**
 * What a stack's outputs say of its last `up` that finished: the mode that it ended with, and where it
 * was run from, which has no commit if that was no Git checkout.
 */
export type LastUp = z.infer<typeof outputs>;

/**
 * What a stack's outputs say of its last `up`.
 *
 * @param text what `pulumi stack output --json` prints
 * @returns undefined if there are none, as before the first `up`
 * @throws CheckoutError if they are something else, or lack `storageMode` or `source`
 */
export function lastUpIn(text: string): LastUp | undefined {
  const found = jsonOf(text);
  if (isDeepStrictEqual(found, {})) return undefined;
  const parsed = outputs.safeParse(found);
  if (parsed.success) return parsed.data;
  throw new CheckoutError(
    "The stack's outputs have no storageMode and source. Give --outputs the output of " +
      "`pulumi stack output --json`. If it is that already, run `pulumi up` by hand from a checkout of " +
      "the newest commit.",
  );
}

/** What a stack's history says of its last `up`s. */
export interface History {
  /** Whether an `up` finished, and no `destroy` since. */
  readonly hasRun: boolean;
  /**
   * The newest `up` if it was a rollback that did not finish, with its commit if that is known: the
   * worker may be on files although the outputs still say mongo.
   */
  readonly halfWay?: { readonly commit: string | undefined };
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
  const all = updates.safeParse(jsonOf(text));
  if (!all.success) {
    throw new CheckoutError(
      "The stack's history is not valid. Give --history the output of `pulumi stack history --json`.",
    );
  }
  const changes = all.data.filter(({ kind }) => ["update", "destroy"].includes(kind));
  const [newest] = changes;
  const finished = changes.find(({ result }) => result === "succeeded");
  return {
    hasRun: finished?.kind === "update",
    ...(newest && isHalfWay(newest) && { halfWay: { commit: newest.environment?.["git.head"] } }),
  };
}

function isHalfWay({ kind, result, config }: Update): boolean {
  return kind === "update" && result !== "succeeded" && config?.[modeKey]?.value === "filesystem";
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
