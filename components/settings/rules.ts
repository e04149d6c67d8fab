import { atlasRules } from "./cluster/atlas-rules";
import { existingRules } from "./cluster/existing-rules";
import { kubernetesRules } from "./cluster/kubernetes-rules";
import { referenceRules } from "./cluster/reference-rules";
import { jobRules } from "./job-rules";
import { collectionRules, indexRules } from "./name-rules";
import type { Problem } from "./problems";
import { rolloutRules } from "./rollout-rules";
import type { Settings } from "./schema";
import { uriFacts } from "./uri";

/** Rules that span settings. */
export function conflicts(settings: Settings, plainKeys: ReadonlySet<string>): Problem[] {
  return [
    ...collectionRules(settings),
    ...(settings.storageMode === "mongo" ? indexRules(settings) : []),
    ...passwordsInPlainText(settings, plainKeys),
    ...secretRules(settings),
    ...rolloutRules(settings),
    ...jobRules(settings),
    ...existingRules(settings),
    ...atlasRules(settings),
    ...kubernetesRules(settings),
    ...referenceRules(settings),
  ];
}

function passwordsInPlainText(settings: Settings, plainKeys: ReadonlySet<string>): Problem[] {
  return (["mongoUri", "appMongoUri"] as const)
    .filter((key) => plainKeys.has(key) && uriFacts(settings[key] ?? "")?.hasPassword)
    .map((key) => ({
      key,
      found: "a password in plain text",
      allowed: `a secret, set by: pulumi config set --secret ${key}`,
    }));
}

function secretRules({ rollout }: Settings): Problem[] {
  if (rollout.target !== "helm" || rollout.secretVersion === undefined) return [];
  if (rollout.connectionSecret.name !== undefined) return [];
  return [
    {
      key: "rollout.secretVersion",
      found: JSON.stringify(rollout.secretVersion),
      allowed: "absent without connectionSecret.name: the stack's own Secret gets a new name",
    },
  ];
}
