/** The properties of a resource as the protocol has them. */
export type PluginProperties = Readonly<Record<string, unknown>>;

/** The key by which the protocol marks a value that is more than its text, such as a secret. */
const signature = "4dabf18193072939515e22adb298388d";

/** Properties without the protocol's marks of secrets and outputs. */
export function plain(properties: PluginProperties): PluginProperties {
  return unwrapped(properties) as PluginProperties;
}

function unwrapped(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unwrapped);
  if (typeof value !== "object" || value === null) return value;
  if (signature in value) return unwrapped((value as { readonly value?: unknown }).value);
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, unwrapped(one)]));
}
