import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import Ajv from "ajv";
import { describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { commandSettings, parseSettings } from "../../components/settings";
import { stackFileSchema } from "../../tools/docs/schema";
import { stackFiles } from "../stack-files";

const root = resolve(__dirname, "../..");
const prefix = "taskrunner-storage:";
const validate = new Ajv({ allErrors: true }).compile(stackFileSchema());

type Values = Readonly<Record<string, unknown>>;
type Path = readonly (string | number)[];

/** Whether the schema accepts a stack file, and whether the program does, with what it says. */
async function verdictsOn(config: Values) {
  const schema = validate({ config }) === true;
  const refusal = await commandSettings({ text: stringify({ config }) }).then(
    () => undefined,
    (error: unknown) => String(error),
  );
  return { schema, program: refusal === undefined, refusal };
}

/** A value everywhere: the sections that no example has. */
const full: Values = {
  [`${prefix}storageMode`]: "mongo",
  [`${prefix}mongo`]: {
    database: "taskrunner",
    collections: { runs: "runs" },
    indexNames: { pack_runs_updatedAt_desc: "IX_updatedAt" },
    extraCollections: ["pack_run_provenance"],
  },
  [`${prefix}validation`]: { enabled: true, level: "moderate", action: "warn" },
  [`${prefix}approvals`]: false,
  [`${prefix}tenancy`]: "enforced",
  [`${prefix}logRetentionDays`]: 90,
  [`${prefix}migration`]: { onDataIssue: "report", adopt: true },
  [`${prefix}backfill`]: { source: { path: "state", folders: { logs: "logs", queue: "none" } } },
  [`${prefix}cluster`]: {
    kind: "stackReference",
    stack: "organization/platform/mongo",
    outputs: { mongoUri: "one", appMongoUri: "two" },
    allowPlainText: true,
  },
  [`${prefix}rollout`]: {
    target: "values",
    directory: "deploy",
    confirm: "none",
    workerStopped: 1,
    worker: { file: "w.yaml", path: "env" },
    timeoutSeconds: 60,
  },
  [`${prefix}advanced`]: {
    ledger: "ledger",
    electionSeconds: 30,
    abandonMongo: "2026-11-25T21:16:30.502Z",
  },
};

const stacks: readonly (readonly [string, Values])[] = [
  ...stackFiles.map((file) => {
    const { config } = parse(readFileSync(resolve(root, file), "utf8")) as { config: Values };
    return [file, config] as const;
  }),
  ["a stack file with every other section", full],
];

/** The places in a value: each section, list and leaf below it. */
function placesIn(value: unknown, path: Path = []): Path[] {
  if (typeof value !== "object" || value === null) return [path];
  const members = Object.entries(value as Values);
  return [
    ...(path.length > 0 ? [path] : []),
    ...members.flatMap(([key, one]) =>
      placesIn(one, [...path, Array.isArray(value) ? Number(key) : key]),
    ),
  ];
}

/** A copy with another value at a place. */
function changed(values: unknown, [key, ...rest]: Path, change: (old: unknown) => unknown) {
  if (key === undefined) return change(values);
  const copy = structuredClone(values) as Record<string | number, unknown>;
  copy[key] = changed(copy[key], rest, change);
  return copy;
}

/** What a person may write in the place of a value. */
const mistakes: Readonly<Record<string, (old: unknown) => unknown>> = {
  "an unknown key": (old) => (isSection(old) ? { ...old, unheardOf: 1 } : { unheardOf: 1 }),
  "a list": () => [[]],
  "an empty text": () => "",
  "another text": () => "Something else, with spaces",
  "a negative number": () => -1,
  "a fraction": () => 1.5,
  "a large number": () => 1e6,
  "a boolean": () => true,
  nothing: () => null,
};
const isSection = (value: unknown): value is Values =>
  typeof value === "object" && value !== null && !Array.isArray(value);

it("there is a stack file of each kind of cluster and target", () => {
  const text = JSON.stringify(stacks);
  for (const kind of ["existing", "stackReference", "atlas", "kubernetes", "helm", "values"]) {
    expect(text).toContain(`"${kind}"`);
  }
  expect(stacks.length).toBeGreaterThan(8);
});

describe.each(stacks)("%s", (_name, config) => {
  it("is accepted by the schema and by the program", async () => {
    expect(await verdictsOn(config)).toMatchObject({ schema: true, program: true });
    expect(validate.errors).toBeNull();
  });

  it("is refused by both with a mistake in it, or by none", async () => {
    const differences: string[] = [];
    let refused = 0;
    for (const location of placesIn(config)) {
      for (const [mistake, change] of Object.entries(mistakes)) {
        const { schema, program, refusal } = await verdictsOn(
          changed(config, location, change) as Values,
        );
        if (!schema) refused += 1;
        if (schema === program) continue;
        differences.push(
          `${location.join(".")}, ${mistake}: schema ${String(schema)}, program ${refusal ?? "accepts it"}`,
        );
      }
    }
    expect(differences).toEqual([]);
    expect(refused).toBeGreaterThan(20);
  });
});

it.each(["storageMode", "rollout"])("a stack file without %s is refused by both", (key) => {
  const { [`${prefix}${key}`]: left, ...others } = full;
  const values = Object.entries(others).map(([name, value]) => [name.slice(prefix.length), value]);

  expect(left).toBeDefined();
  expect(validate({ config: others })).toBe(false);
  expect(() => parseSettings(Object.fromEntries(values) as Values)).toThrow(`${key}: missing`);
});

it("a secret may be encrypted, and a number may be a text, as `pulumi config set` writes them", async () => {
  const written = {
    ...full,
    [`${prefix}mongoUri`]: { secure: "v1:abc:def" },
    [`${prefix}logRetentionDays`]: "90",
    [`${prefix}approvals`]: "true",
  };
  expect(await verdictsOn(written)).toMatchObject({ schema: true, program: true });
  for (const days of ["9.5", "soon"]) {
    const wrong = { ...written, [`${prefix}logRetentionDays`]: days };
    expect(await verdictsOn(wrong)).toMatchObject({ schema: false, program: false });
  }
});
