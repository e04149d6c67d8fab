import { z } from "zod";
import { section, text } from "../section";

/** The clouds that Atlas runs on, by Atlas' own names. */
export const atlasProviders = ["AWS", "AZURE", "GCP"] as const;

/** An id as Atlas gives it: of a project or an organisation. */
const atlasId = z
  .string()
  .regex(/^[0-9a-f]{24}$/, { error: "an id of Atlas: 24 hexadecimal digits in lower case" });

/** What Atlas takes for the names of clusters, custom roles and, here, users. */
const atlasName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9-]{0,63}$/, {
  error: "1 to 64 letters, digits and hyphens, beginning with a letter or digit",
});

/** The order of the electable ones is that of their priorities. */
const region = section({
  name: text,
  electable: z.int().min(0).max(7).default(3),
  readOnly: z.int().min(0).max(50).default(0),
});

const autoScaling = section({
  compute: section({ min: text, max: text, scaleDown: z.boolean().default(true) }).optional(),
  disk: z.boolean().default(true),
});

const keepDays = (days: number) => section({ keepDays: z.int().min(1).default(days) }).prefault({});

/** By default Atlas' own schedule. */
const backup = section({
  enabled: z.boolean().default(true),
  pointInTime: z.boolean().default(false),
  restoreWindowDays: z.int().min(1).default(7),
  hourly: section({
    everyHours: z.literal([1, 2, 4, 6, 8, 12]).default(6),
    keepDays: z.int().min(1).default(7),
  }).prefault({}),
  daily: keepDays(7),
  weekly: section({ keepWeeks: z.int().min(1).default(4) }).prefault({}),
  monthly: section({ keepMonths: z.int().min(1).default(12) }).prefault({}),
});

/** A day; the engine hands one that is without quotes in YAML over with a time. */
const day = z
  .string()
  .transform((words) => words.replace(" 00:00:00 +0000 UTC", ""))
  .pipe(z.iso.date({ error: "a day, such as 2026-12-31" }));

const accessEntry = section({
  address: z.ipv4({ error: "an IPv4 address" }).optional(),
  range: z.cidrv4({ error: "a range of IPv4 addresses, such as 192.0.2.0/24" }).optional(),
  awsSecurityGroup: z
    .string()
    .regex(/^sg-[0-9a-f]+$/, { error: "the id of a security group, sg-..." })
    .optional(),
  comment: z.string().max(80).default(""),
  expires: day.optional(),
});

/** A cluster of MongoDB Atlas, which the stack makes; `atlas-rules.ts` has the rules that span keys. */
export const atlasCluster = section({
  kind: z.literal("atlas"),
  projectId: atlasId.optional(),
  project: section({ name: text, orgId: atlasId }).optional(),
  name: atlasName.default("taskrunner"),
  type: z.enum(["replicaSet", "sharded"]).default("replicaSet"),
  shards: z.int().min(1).max(70).optional(),
  mongoVersion: z
    .string()
    .regex(/^([6-9]|[1-9]\d)\.\d$/, { error: 'a major version from "6.0" on, in quotes' })
    .default("8.0"),
  provider: z.enum(atlasProviders),
  regions: z.array(region).min(1, { error: "at least one region" }),
  instanceSize: text.default("M10"),
  autoScaling: autoScaling.prefault({}),
  diskSizeGb: z.int().min(10).max(16_384).optional(),
  backup: backup.prefault({}),
  accessList: z.array(accessEntry).default([]),
  connection: z
    .string()
    .regex(/^(standard|private|privateEndpoint:.+)$/, {
      error: "standard, private, privateEndpoint:<id of the endpoint>",
    })
    .default("standard"),
  users: section({ migrator: atlasName.optional(), application: atlasName.optional() }).prefault(
    {},
  ),
  passwordVersion: z.int().min(1).default(1),
  protection: z.boolean().default(true),
  timeouts: section({
    createMinutes: z.int().min(1).default(180),
    updateMinutes: z.int().min(1).default(360),
  }).prefault({}),
});

/** The settings of a cluster of Atlas. */
export type AtlasSettings = z.infer<typeof atlasCluster>;
