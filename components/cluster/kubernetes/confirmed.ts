/** A `MongoDBCommunity` resource, as far as the wait looks at it. */
export interface MongoDBCommunity {
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>> };
  readonly spec: Readonly<Record<string, unknown>>;
  /** The operator's answer; absent until it has seen the resource. */
  readonly status?: { readonly phase?: string; readonly message?: string };
}

/** Where the operator writes the spec that it has applied, as JSON. */
const confirmation = "mongodb.com/v1.lastSuccessfulConfiguration";

/**
 * Whether the operator has applied the spec as it stands. The phase is not enough: until
 * the operator has seen a change it says `Running` of the spec before.
 */
export function confirms({ metadata, spec }: MongoDBCommunity): boolean {
  const text = metadata.annotations?.[confirmation];
  return text !== undefined && holds(JSON.parse(text), spec);
}

/** Kubernetes writes the quantities in these in its own way: 1024Mi becomes 1Gi. */
const quantities = ["requests", "limits"];

function holds(whole: unknown, part: unknown): boolean {
  if (isEmpty(part)) return isEmpty(whole);
  if (Array.isArray(part)) {
    if (!Array.isArray(whole) || whole.length !== part.length) return false;
    return part.every((item, at) => holds(whole[at], item));
  }
  if (typeof part !== "object" || part === null) return whole === part;
  const members = (whole ?? {}) as Readonly<Record<string, unknown>>;
  return Object.entries(part).every(
    ([key, value]) => quantities.includes(key) || holds(members[key], value),
  );
}

function isEmpty(value: unknown): boolean {
  if (typeof value === "object" && value !== null) {
    return Object.values(value).every(isEmpty);
  }
  return value === undefined || value === null || value === false || value === 0 || value === "";
}
