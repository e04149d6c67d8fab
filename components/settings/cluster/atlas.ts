import { z } from "zod";
import { wholeNumber, section, text } from "../forms";
import { valueAt, type Rule } from "../problems";

/** A cluster's name, which begins the names of its users and roles. */
const atlasName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9-]{0,63}$/, {
  error: "1 to 64 letters, digits and hyphens that begin with a letter or digit",
});

const region = section({
  name: text.describe("The region's name in Atlas, such as `EU_CENTRAL_1`."),
  electable: wholeNumber(7).default(3).describe("Number of nodes that may become primary."),
});

const autoScaling = section({
  compute: section({
    min: text.describe("The smallest size."),
    max: text.describe("The largest size."),
    scaleDown: z.boolean().default(true).describe("Whether Atlas may choose a smaller size."),
  })
    .optional()
    .describe("The limits within which Atlas changes the size."),
  disk: z.boolean().default(true).describe("Whether Atlas may enlarge the disk."),
});

const backup = section({
  enabled: z.boolean().default(true).describe("Whether Atlas takes snapshots."),
  pointInTime: z
    .boolean()
    .optional()
    .describe("Whether Atlas can restore any point in time. Default: as `enabled`."),
});

const accessEntry = section({
  address: z.ipv4({ error: "an IPv4 address" }).optional().describe("One IPv4 address."),
  range: z
    .cidrv4({ error: "a range of IPv4 addresses, such as 192.0.2.0/24" })
    .optional()
    .describe("A range of IPv4 addresses, such as `192.0.2.0/24`."),
  comment: z.string().max(80).default("").describe("What the entry is for."),
});

/** An entry's address or range as Atlas writes it: one address without `/32`. */
export const entryAddress = ({ address = "", range = address }: z.infer<typeof accessEntry>) =>
  range.replace(/\/32$/, "");

/** A cluster of MongoDB Atlas. */
export const atlasSection = section({
  kind: z.literal("atlas").describe("A cluster of MongoDB Atlas, which the stack creates."),
  projectId: z
    .string()
    .regex(/^[0-9a-f]{24}$/, { error: "an id of Atlas: 24 hexadecimal digits in lower case" })
    .describe("The project's id."),
  name: atlasName
    .default("taskrunner")
    .describe("The cluster's name. Changing it creates another cluster."),
  import: z
    .boolean()
    .default(false)
    .describe(
      "Whether the stack takes over the existing cluster of this name in `projectId`. Settings that could change it then have no default.",
    ),
  mongoVersion: z
    .string()
    .regex(/^([6-9]|[1-9]\d)\.\d$/, { error: 'a major version from "6.0" on, in quotes' })
    .default("8.0")
    .describe("MongoDB's major version, in quotes."),
  provider: z.enum(["AWS", "AZURE", "GCP"]).describe("The cloud that the cluster runs on."),
  regions: z
    .array(region)
    .min(1, { error: "at least one region" })
    .describe(
      "The regions, the first preferred for the primary. 3, 5 or 7 electable nodes in total.",
    ),
  instanceSize: z
    .string()
    .regex(/^[MR]\d{2,3}(_\w+)?$/, {
      error: "a dedicated size, such as M10; M0, Flex and serverless are not supported",
    })
    .default("M10")
    .describe(
      "The size of a node. With `autoScaling.compute`: the size at creation; a change is ignored, with a warning.",
    ),
  autoScaling: autoScaling.prefault({}).describe("What Atlas scales by itself."),
  backup: backup.prefault({}).describe("Snapshots, on the schedule set in Atlas."),
  tags: z
    .record(text, text)
    .optional()
    .describe("Tags that the cluster is created with. Change them in Atlas later."),
  accessList: z.array(accessEntry).default([]).describe("The IP access list of the project."),
  connection: z
    .string()
    .regex(/^(standard|private|privateEndpoint:.+)$/, {
      error: "standard, private, privateEndpoint:<id of the endpoint>",
    })
    .default("standard")
    .describe("Which address is used: `standard`, `private` or `privateEndpoint:<id>`."),
  passwordVersion: wholeNumber()
    .default(1)
    .describe("Changing it creates new users and passwords."),
  protection: z
    .boolean()
    .default(true)
    .describe("Whether Pulumi and Atlas refuse to delete the cluster."),
});

/** The section of kind `atlas`. */
export type AtlasSettings = z.infer<typeof atlasSection>;

/** The rules of kind `atlas`: what Atlas would reject minutes later, or silently change. */
export function atlasRules(
  { regions, backup, accessList }: AtlasSettings,
  isRollback: boolean,
): Rule[] {
  const names = regions.map(({ name }) => name);
  // A primary needs an odd number of electable nodes.
  const electable = regions.reduce((sum, region) => sum + region.electable, 0);
  return [
    ...repeatedRules("cluster.regions", "each region once", names),
    {
      key: "cluster.regions",
      when: ![3, 5, 7].includes(electable),
      found: `${electable} electable nodes in total`,
      allowed: "3, 5 or 7 electable nodes in total",
    },
    {
      key: "cluster.backup.pointInTime",
      when: backup.pointInTime === true && !backup.enabled,
      allowed: "false without backup.enabled",
    },
    // A rollback registers no entry.
    ...(isRollback ? [] : accessRules(accessList)),
  ];
}

function accessRules(accessList: AtlasSettings["accessList"]): Rule[] {
  const key = "cluster.accessList";
  const entries = accessList.map(({ address, range }, at) => {
    const named = [address, range].filter((one) => one !== undefined);
    const found = named.map((one) => JSON.stringify(one)).join(" and ") || "missing";
    const when = named.length !== 1;
    return { key: `${key}.${at}`, when, found, allowed: "one of address, range" };
  });
  return [...entries, ...repeatedRules(key, "each entry once", accessList.map(entryAddress))];
}

function repeatedRules(key: string, allowed: string, names: readonly string[]): Rule[] {
  const repeated = new Set(names.filter((name, at) => names.indexOf(name) !== at));
  return [...repeated].map((name) => {
    return { key, when: true, found: `${JSON.stringify(name)} more than once`, allowed };
  });
}

/**
 * The rules of a cluster that is taken over. The next `up` changes it to match the settings, so none of them may
 * come from a default: `values` are the settings without defaults.
 */
export function takeOverRules(
  cluster: AtlasSettings,
  values: Readonly<Record<string, unknown>>,
): Rule[] {
  const keys = [
    "instanceSize",
    "mongoVersion",
    "autoScaling.disk",
    "backup.enabled",
    "backup.pointInTime",
    ...cluster.regions.map((_region, at) => `regions.${at}.electable`),
  ];
  return keys.map((key) => ({
    key: `cluster.${key}`,
    when: valueAt(["cluster", ...key.split(".")], values) === undefined,
    found: "missing, and cluster.import is true",
    allowed: "the value that the cluster should have",
  }));
}
