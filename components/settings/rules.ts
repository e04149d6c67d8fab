import { checkpointsCollection } from "../contract";
import { atlasRules } from "./cluster/atlas-rules";
import { existingRules, referenceRules } from "./cluster/connection-rules";
import { kubernetesRules } from "./cluster/kubernetes-rules";
import type { Problem } from "./problems";
import { rolloutRules } from "./rollout-rules";
import type { BackfillSettings, Settings } from "./schema";
import { uriFacts } from "./uri";

/** What is wrong between settings that are right by themselves. */
export function conflicts(settings: Settings, plainKeys: ReadonlySet<string>): Problem[] {
  return [
    ...sectionConflicts(settings),
    ...passwordRules(settings, plainKeys),
    ...mechanismRules(settings),
    ...existingRules(settings),
  ];
}

/** The same without what asks for the connection strings, which only the program can read. */
export function sectionConflicts(settings: Settings): Problem[] {
  return [
    ...nameRules(settings),
    ...rolloutRules(settings),
    ...jobRules(settings),
    ...referenceRules(settings),
    ...atlasRules(settings),
    ...kubernetesRules(settings),
  ];
}

/** The settings that name something in the database. */
type NameSettings = Pick<Settings, "mongo" | "advanced">;

/** No two collections have one name. */
export function nameRules({ mongo, advanced }: NameSettings): Problem[] {
  return distinctRules([
    ["the collection of checkpoints", checkpointsCollection],
    ...Object.entries(mongo.collections).map(
      ([role, name]) => [`mongo.collections.${role}`, name] as const,
    ),
    ["advanced.ledger", advanced.ledger],
  ]);
}

/** The problems of settings, by key, whose name another before them has. */
function distinctRules(names: readonly (readonly [key: string, name: string])[]): Problem[] {
  return names.flatMap(([key, name], at) => {
    const first = names.findIndex(([, other]) => other === name);
    if (first === at) return [];
    const allowed = `a name that differs from ${names[first]?.[0] ?? ""}`;
    return [{ key, found: JSON.stringify(name), allowed }];
  });
}

function passwordRules(settings: Settings, plainKeys: ReadonlySet<string>): Problem[] {
  const hasPassword = (key: "mongoUri" | "appMongoUri" | "rollout") =>
    key === "rollout"
      ? JSON.stringify(settings.rollout).includes('"password":')
      : uriFacts(settings[key] ?? "")?.hasPassword;
  return (["mongoUri", "appMongoUri", "rollout"] as const)
    .filter((key) => plainKeys.has(key) && hasPassword(key))
    .map((key) => ({
      key,
      found: "a password in plain text",
      allowed: `a secret, set by: pulumi config set --secret ${key}`,
    }));
}

function mechanismRules({ jobs, ...settings }: Settings): Problem[] {
  const needs = new Map([
    ["MONGODB-AWS", "nothing, because the image has no SDK of AWS"],
    ["MONGODB-OIDC", "serviceAccountName"],
    ["MONGODB-X509", "volumes"],
  ]);
  const { spec = {} } = (jobs?.podTemplate ?? {}) as { readonly spec?: object };
  return (["mongoUri", "appMongoUri"] as const).flatMap((key) => {
    const { mechanism = "" } = uriFacts(settings[key] ?? "") ?? {};
    const needed = needs.get(mechanism);
    if (!jobs || needed === undefined || needed in spec) return [];
    const allowed = `a password, or in jobs.podTemplate.spec: ${needed}`;
    return [{ key, found: `authMechanism=${mechanism}, and a section jobs`, allowed }];
  });
}

/** The rules about what runs as Jobs. They hold in both modes. */
function jobRules({ jobs, rollout, backfill }: Settings): Problem[] {
  const problems = backfill ? backfillRules(backfill, jobs !== undefined) : [];
  if (!jobs || jobs.namespace !== undefined || rollout.target === "helm") return problems;
  const found = "nothing, and rollout has none";
  return [{ key: "jobs.namespace", found, allowed: "the namespace of the Jobs" }, ...problems];
}

function backfillRules({ source, parallelism }: BackfillSettings, isJob: boolean): Problem[] {
  const problems: Problem[] = [];
  if (isJob && "path" in source) {
    const found = `${JSON.stringify(source.path)}, and a section jobs, whose Jobs cannot read this machine's files`;
    const allowed = "persistentVolumeClaim instead of path";
    problems.push({ key: "backfill.source.path", found, allowed });
  }
  if (!isJob && "persistentVolumeClaim" in source) {
    const found = `${JSON.stringify(source.persistentVolumeClaim)}, and no section jobs, although only pods can mount a claim`;
    const allowed = "path instead of persistentVolumeClaim, or a section jobs";
    problems.push({ key: "backfill.source.persistentVolumeClaim", found, allowed });
  }
  if (!isJob && parallelism > 1) {
    const found = `${parallelism}, and no section jobs`;
    problems.push({ key: "backfill.parallelism", found, allowed: "1, or a section jobs" });
  }
  return problems;
}
