import type { Place } from "./place";
import { parseValues } from "./values";

type Plain = Readonly<Record<string, unknown>>;

/** What a values file says apart from our variables and the empty places left by them. */
export function siteOwn(text: string, place: Place): unknown {
  return withoutOurs(parseValues(text, place.file).document.toJS({ maxAliasCount: -1 }), place);
}

function withoutOurs(node: unknown, place: Place, path = place.path): unknown {
  const [key, ...below] = path;
  if (key === undefined) return filled(othersOf(node, place));
  if (!isPlain(node) || !(key in node)) return filled(node);
  const inner = withoutOurs(node[key], place, below);
  const others = Object.entries(node).filter(([name]) => name !== key);
  return filled(Object.fromEntries(inner === undefined ? others : [...others, [key, inner]]));
}

function othersOf(environment: unknown, { keys }: Place): unknown {
  const isOurs = (name: unknown) =>
    typeof name === "string" && keys.some((key) => key.toLowerCase() === name.toLowerCase());
  if (Array.isArray(environment)) {
    return environment.filter((item: unknown) => !(isPlain(item) && isOurs(item.name)));
  }
  if (!isPlain(environment)) return environment;
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !isOurs(name)));
}

function isPlain(node: unknown): node is Plain {
  return typeof node === "object" && node !== null && !Array.isArray(node);
}

function filled(node: unknown): unknown {
  const empty = node === null || (typeof node === "object" && Object.keys(node).length === 0);
  return empty ? undefined : node;
}
