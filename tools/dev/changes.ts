import { z } from "zod";

/** The part of the engine's history that says what an update did, by operation. */
const history = z.array(z.object({ resourceChanges: z.record(z.string(), z.number()).optional() }));

/**
 * Whether the stack's last update changed a resource.
 *
 * @param text what `pulumi stack history --json` prints, the last update first
 */
export function somethingChanged(text: string): boolean {
  const [last] = history.parse(JSON.parse(text));
  return Object.keys(last?.resourceChanges ?? {}).some((operation) => operation !== "same");
}
