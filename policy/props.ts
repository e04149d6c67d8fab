import { Secret } from "@pulumi/policy";
import { unknown } from "./rule";

type Props = Readonly<Record<string, unknown>>;

/** The library's own word for what is behind one of its proxies; the tests on the engine need it. */
const behind = "__getSpecialProxyTarget";

/**
 * A resource's properties as plain data. The library hands out proxies that throw where a preview
 * does not know a value; here it is `unknown` then.
 */
export function plainProps(props: Props): Props {
  return Object.fromEntries(Object.keys(props).map((key) => [key, plain(() => props[key])]));
}

function plain(get: () => unknown): unknown {
  let value: unknown;
  try {
    value = get();
  } catch {
    return unknown;
  }
  if (Array.isArray(value)) return value.map((_, at) => plain(() => (value as unknown[])[at]));
  if (typeof value !== "object" || value === null) return value;
  // An asset's members are promises, which do not work behind a proxy.
  if ("__pulumiAsset" in value) return (value as Props)[behind];
  return plainProps(value as Props);
}

/**
 * The same before a remediation, the only place in which the library tells secrets from other values:
 * they are instances of `Secret`, behind a proxy for unknown values and one for secrets.
 *
 * @throws Error if the library hides them in another way, so that no rule goes quiet
 */
export function propsWithSecrets(props: Props): Props {
  const inner = (props[behind] as Props | undefined)?.[behind] as Props | undefined;
  if (inner === undefined)
    throw new Error(
      "This version of @pulumi/policy is not supported: its resource proxies have another form.",
    );
  return inner;
}

/** Whether a value is one that the engine keeps secret. */
export function isSecret(value: unknown): boolean {
  return value instanceof Secret;
}

/** A value in an object, with the keys that lead to it. */
interface Found {
  readonly path: string;
  readonly key: string;
  readonly value: unknown;
}

/**
 * Every value in an object or a list and in those inside it, objects and lists themselves included.
 *
 * @param isClosed which of them are not looked into; default none
 */
export function* walk(
  value: unknown,
  isClosed: (value: unknown) => boolean = () => false,
  path = "",
): Generator<Found> {
  if (typeof value !== "object" || value === null || isClosed(value)) return;
  for (const [key, inner] of Object.entries(value)) {
    const at = path === "" ? key : `${path}.${key}`;
    yield { path: at, key, value: inner };
    yield* walk(inner, isClosed, at);
  }
}
