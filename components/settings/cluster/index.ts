import { z } from "zod";
import { atlasCluster } from "./atlas";
import { existingCluster } from "./existing";
import { kubernetesCluster } from "./kubernetes";
import { stackReferenceCluster } from "./stack-reference";

export type { AtlasSettings } from "./atlas";

/** The setting `cluster`: where MongoDB comes from (decision 13); a file a kind. */
export const cluster = z
  .discriminatedUnion("kind", [
    existingCluster,
    atlasCluster,
    kubernetesCluster,
    stackReferenceCluster,
  ])
  .prefault({ kind: "existing" });

/** Where MongoDB comes from. */
export type ClusterSettings = z.infer<typeof cluster>;
/** The settings of one kind. */
export type ClusterSettingsOf<Kind extends ClusterSettings["kind"]> = Extract<
  ClusterSettings,
  { readonly kind: Kind }
>;
