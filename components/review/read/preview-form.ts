import { z } from "zod";

const properties = z.record(z.string(), z.unknown()).nullish().catch(undefined);
const state = z
  .looseObject({
    inputs: properties,
    outputs: properties,
    retainOnDelete: z.boolean().optional().catch(undefined),
  })
  .nullish()
  .catch(undefined);
/** What `pulumi preview --json` prints, as far as it is read; the rest may be as it likes. */
export const previewForm = z
  .looseObject({
    steps: z
      .array(z.looseObject({ op: z.string(), urn: z.string(), oldState: state, newState: state }))
      .nullish(),
    diagnostics: z
      .array(
        z.looseObject({
          urn: z.string().optional(),
          message: z.string(),
          severity: z.string().optional(),
        }),
      )
      .nullish(),
    config: properties,
    changeSummary: properties,
  })
  .refine(({ steps, diagnostics, changeSummary }) => steps ?? diagnostics ?? changeSummary);

/** What it prints. */
export type Printed = z.infer<typeof previewForm>;

/** What remains of a preview that could not even begin, as with a wrong passphrase. */
export const nothingPrinted: Printed = {
  diagnostics: [
    {
      severity: "error",
      message:
        "The preview ended before it looked at the stack and printed no result; its log says why.",
    },
  ],
};
