import { z } from "zod";

/** A cluster of MongoDB Atlas. */
export const atlasCluster = z.looseObject({ kind: z.literal("atlas") });
