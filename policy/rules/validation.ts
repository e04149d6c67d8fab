import { differs, unknown, type Resource, type ResourceRule } from "../rule";
import { types } from "../types";

/** The database itself refuses documents that break the contract. */
export const validation: ResourceRule = {
  name: "validation-error",
  asks: "every collection has a validator with the action `error`",
  why: "with `warn` a service of another version writes documents that no reader expects",
  of: (resource) => {
    if (resource.type === types.collection) return ofCollection(resource);
    return resource.type === types.migrationJob ? ofJob(resource) : [];
  },
};

const advice = "set validation.enabled to true and validation.action to error.";

function ofCollection({ props }: Resource): string[] {
  const { validator, validationLevel, validationAction } = props;
  const empty = typeof validator === "object" && Object.keys(validator ?? {}).length === 0;
  if (empty || validationLevel === "off") return [`The collection has no validator: ${advice}`];
  return differs(validationAction, "error")
    ? [`The validator's action is ${String(validationAction)}: ${advice}`]
    : [];
}

/** A migration that runs as a Job has its collections in words: `name, validator level, action`. */
function ofJob({ props: { collections } }: Resource): string[] {
  if (collections === unknown || !Array.isArray(collections)) return [];
  return (collections as readonly unknown[])
    .filter(
      (words) => words !== unknown && !/, validator (strict|moderate), error$/.test(String(words)),
    )
    .map((words) => `${String(words)}: ${advice}`);
}
