import { z } from "zod";

/** An object of settings that says, for an unknown key, which keys it has. */
export function section<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === "unrecognized_keys" ? Object.keys(shape).join(", ") : undefined,
  });
}

/** A text of the settings. */
export const text = z.string().min(1, { error: "a text that is not empty" });
