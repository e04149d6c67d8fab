import type { MockCallArgs } from "@pulumi/pulumi/runtime";

/** A variable of a chart's values, by its name in a map or in a list. */
type Variable = readonly [name: string, value: unknown];

/** What the Kubernetes provider renders of a chart in a played engine: a Deployment with all variables of the chart's values. */
export function playedChart({ inputs }: Pick<MockCallArgs, "inputs">): object {
  const { jsonOpts = "{}" } = inputs as { readonly jsonOpts?: string };
  const { values } = JSON.parse(jsonOpts) as { readonly values?: object };
  const env = variablesIn(values).map(([name, value]) =>
    typeof value === "object" ? { name, ...value } : { name, value },
  );
  const template = { spec: { containers: [{ name: "main", env }] } };
  const deployment = { kind: "Deployment", metadata: { name: "played" }, spec: { template } };
  return { result: [deployment] };
}

function variablesIn(values: unknown): Variable[] {
  if (typeof values !== "object" || values === null) return [];
  const { name, value, valueFrom } = values as Record<string, unknown>;
  if (typeof name === "string") return [[name, value ?? { valueFrom }]];
  return Object.entries(values).flatMap(([key, member]: Variable) =>
    key.includes("__Storage__") ? [[key, member] as const] : variablesIn(member),
  );
}
