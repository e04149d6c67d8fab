import { z } from "zod";

/** The cluster of another stack. */
export const stackReferenceCluster = z.looseObject({ kind: z.literal("stackReference") });
