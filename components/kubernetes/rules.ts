/** The API group of every kind of object that requests go to. */
const apiGroups = {
  deployments: "apps",
  "deployments/scale": "apps",
  replicasets: "apps",
  jobs: "batch",
  pods: "",
  "pods/log": "",
  events: "",
  secrets: "",
  configmaps: "",
  persistentvolumeclaims: "",
  mongodbcommunity: "mongodbcommunity.mongodb.com",
} as const;

/** A request to the API, in the words of a Role: `list` and `pods`. */
export interface Request {
  readonly verb: "get" | "list" | "create" | "patch" | "delete";
  readonly resource: keyof typeof apiGroups;
}

/** A rule of a Kubernetes Role. */
export interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly Request["resource"][];
  readonly verbs: readonly Request["verb"][];
}

/** A rule for objects of one kind. */
export function ruleFor(resource: Request["resource"], ...verbs: Request["verb"][]): Rule {
  return { apiGroups: [apiGroups[resource]], resources: [resource], verbs };
}

/** The rule that a request needs, as a Role has it. */
export function ruleInWords({ verb, resource }: Request): string {
  const group = apiGroups[resource];
  return `apiGroups: ["${group}"], resources: ["${resource}"], verbs: ["${verb}"]`;
}
