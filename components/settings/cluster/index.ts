import { z } from "zod";
import { section, text } from "../forms";
import { atlasSection } from "./atlas";
import { kubernetesSection } from "./kubernetes";

export { entryAddress, type AtlasSettings } from "./atlas";

const allowPlainText = z
  .boolean()
  .default(false)
  .describe("Whether connections to other machines may omit TLS or certificate checks.");

const existingCluster = section({
  kind: z.literal("existing").describe("An existing server, which `mongoUri` names."),
  allowPlainText,
});

const stackReferenceCluster = section({
  kind: z.literal("stackReference").describe("The cluster of another stack."),
  stack: text.describe("The other stack: `organization/project/stack`."),
  outputs: section({
    mongoUri: text
      .default("mongoUri")
      .describe("The output with the migrator's connection string."),
    appMongoUri: text
      .default("appMongoUri")
      .describe("The output with the services' connection string."),
  })
    .prefault({})
    .describe("The names of the other stack's outputs."),
  allowPlainText,
});

/** The setting `cluster`: how MongoDB is provisioned. */
export const cluster = z
  .discriminatedUnion("kind", [
    existingCluster,
    stackReferenceCluster,
    atlasSection,
    kubernetesSection,
  ])
  .prefault({ kind: "existing" });

/** The setting `cluster`, of any kind. */
export type ClusterSettings = z.infer<typeof cluster>;
/** The setting `cluster` of one kind. */
export type ClusterSettingsOf<Kind extends ClusterSettings["kind"]> = Extract<
  ClusterSettings,
  { readonly kind: Kind }
>;
