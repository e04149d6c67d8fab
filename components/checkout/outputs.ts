import { z } from "zod";
import { settingsSchema, type StorageMode } from "../settings";
import { CheckoutError } from "./errors";

const outputs = z.object({ storageMode: settingsSchema.shape.storageMode.optional() });

/**
 * The storage mode that a stack's last `up` ended with; undefined where none has ended yet.
 *
 * @param text what `pulumi stack output --json` prints
 * @throws CheckoutError where it is something else
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
