import { z } from "zod";
import { section, text } from "../section";

/** The cluster of another stack, which has both connection strings among its outputs. */
export const stackReferenceCluster = section({
  kind: z.literal("stackReference"),
  /** As `pulumi stack ls --all` writes it: `organization/project/stack`. */
  stack: text,
  /** The names of its outputs. */
  outputs: section({
    mongoUri: text.default("mongoUri"),
    appMongoUri: text.default("appMongoUri"),
  }).prefault({}),
  allowPlainText: z.boolean().default(false),
});
