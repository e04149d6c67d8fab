import { z } from "zod";

/** A replica set that MongoDB's operator runs in Kubernetes. */
export const kubernetesCluster = z.looseObject({ kind: z.literal("kubernetes") });
