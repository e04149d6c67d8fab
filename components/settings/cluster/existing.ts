import { z } from "zod";
import { section } from "../section";

/** A server that exists, which `mongoUri` names. */
export const existingCluster = section({
  kind: z.literal("existing"),
  allowPlainText: z.boolean().default(false),
});
