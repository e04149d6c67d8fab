// A password may have blanks in it. What follows a host is a port.
const spacedLogin =
  /(mongodb(?:\+srv)?:\/\/)[^\s@/]*:(?!\d{1,5}(?:[/?,\s]|$))(?:(?!:\/\/)[^\n])*@/gi;

/**
 * Removes passwords from the URIs in a text. When in doubt it removes more: all of a MongoDB connection string,
 * and any other URI up to the last `@` of the word.
 *
 * @param mask replaces each removed part; with a mask, a connection string keeps its hosts
 */
export function redact(text: string, mask?: string): string {
  const masked = text.replace(spacedLogin, "$1***@");
  const shown =
    mask === undefined
      ? masked.replace(/mongodb(\+srv)?:\/\/[^\s"'`,;)]+/gi, "mongodb$1://***")
      : masked;
  return shown.replace(/:\/\/\S*@/g, `://${mask ?? "***"}@`);
}

/** Replacement for a secret, the same as the engine's. */
export const masked = "[secret]";

/** Removes every secret from a text. */
export type Redact = (text: string) => string;

const secretName =
  /(passw(or)?d|passwd|pwd|passphrase|secret|token|credentials?|api_?key|private_?key|access_?key|connection_?string|uri)$/i;

// A shell names its folders in them.
const noSecrets = ["PWD", "OLDPWD"];

// A shorter secret occurs in too many other texts.
const shortest = 4;

/**
 * Secrets in the environment: the values of variables with a secret's name, such as TASKRUNNER_MONGO_URI and
 * GITHUB_TOKEN, and the user names and passwords in connection strings.
 */
export function secretsIn(environment: Readonly<Record<string, string | undefined>>): string[] {
  return Object.entries(environment).flatMap(([name, value = ""]) => {
    if (!secretName.test(name) || noSecrets.includes(name)) return [];
    // The user part ends at the last `@`: a password may be unencoded.
    const [, user = ""] = /:\/\/(.*)@/s.exec(value) ?? [];
    const colon = user.indexOf(":");
    // A user name without a password, such as that of a certificate, is public.
    return colon < 0 ? [value] : [value, user, user.slice(colon + 1)];
  });
}

function whereWellFormed(convert: (text: string) => string, text: string): string {
  try {
    return convert(text);
  } catch {
    return text;
  }
}

// Secrets that are recognized by their form. `redact` removes passwords in URIs.
const forms: readonly (readonly [pattern: RegExp, put: string])[] = [
  [/-----BEGIN [^-]*PRIVATE KEY-----[^]*?(-----END [^-]*-----|$)/g, masked],
  [
    /([?&;][^=&;\s]*(?:passw|pwd|token|secret|credential|properties)[^=&;\s]*=)[^&;\s]+/gi,
    `$1${masked}`,
  ],
  [/\b((?:passw(?:or)?d|passwd|pwd|passphrase)["']?\s*[=:]\s*)\S+/gi, `$1${masked}`],
  [/\b(authorization:\s*\w+\s+)\S+/gi, `$1${masked}`],
  [
    /\b(gh[a-z]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{20,}|pul-[0-9a-f]{40}|AKIA[0-9A-Z]{16})/g,
    masked,
  ],
  [/\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]+/g, masked],
];

/**
 * Builds a function that removes these secrets in every written form, and texts that look like a secret.
 * It ignores secrets shorter than four characters.
 */
export function redactor(secrets: readonly string[]): Redact {
  const written = secrets
    .flatMap((secret) => [secret, whereWellFormed(decodeURIComponent, secret)])
    .flatMap((plain) => [
      plain,
      whereWellFormed(encodeURIComponent, plain),
      JSON.stringify(plain).slice(1, -1),
      Buffer.from(plain).toString("base64"),
    ]);
  const known = [...new Set(written)]
    .filter((form) => form.length >= shortest)
    .sort((a, b) => b.length - a.length);
  return (text) => {
    const shown = known.reduce((at, form) => at.replaceAll(form, masked), text);
    return forms.reduce((at, [pattern, put]) => at.replace(pattern, put), redact(shown, masked));
  };
}

/**
 * Removes secrets from a JSON value: in its texts and names, and each value below a secret's name, as in
 * `{ password: … }` and `{ name: "PASSWORD", value: … }`.
 */
export function withoutSecrets(value: unknown, redact: Redact): unknown {
  if (typeof value === "string") return redact(value);
  if (Array.isArray(value)) return value.map((one) => withoutSecrets(one, redact));
  if (typeof value !== "object" || value === null) return value;
  const { name } = value as { readonly name?: unknown };
  const isNamed = typeof name === "string" && secretName.test(name);
  const members = Object.entries(value).map(([key, member]: [string, unknown]) => {
    const isSecret = secretName.test(key) || (isNamed && key === "value");
    const isPlain = ["string", "number"].includes(typeof member);
    const kept = isSecret && isPlain ? masked : withoutSecrets(member, redact);
    return [redact(key), kept];
  });
  return Object.fromEntries(members) as object;
}
