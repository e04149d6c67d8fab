/**
 * What the steps on a service's pods and on its former connection strings may do in its namespace:
 * the rules of a Kubernetes Role.
 */
export const rules = [
  { apiGroups: ["apps"], resources: ["deployments"], verbs: ["list", "patch"] },
  { apiGroups: ["apps"], resources: ["deployments/scale"], verbs: ["patch"] },
  { apiGroups: ["apps"], resources: ["replicasets"], verbs: ["list"] },
  { apiGroups: [""], resources: ["pods", "events"], verbs: ["list"] },
  { apiGroups: [""], resources: ["secrets"], verbs: ["list", "delete"] },
] as const;

/** A request to the API, in the words of a Role: `list` and `pods`. */
export interface Request {
  readonly verb: "list" | "patch" | "delete";
  readonly resource: (typeof rules)[number]["resources"][number];
}

/** The rule that a request needs, as a Role has it. */
export function ruleInWords({ verb, resource }: Request): string {
  const { apiGroups } =
    rules.find(({ resources }) => (resources as readonly string[]).includes(resource)) ?? rules[0];
  return `apiGroups: ["${apiGroups[0]}"], resources: ["${resource}"], verbs: ["${verb}"]`;
}
