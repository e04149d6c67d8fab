import { redact } from "../../contract/text";

/** The replacement of a secret; the engine uses the same word. */
export const masked = "[secret]";

/** Takes every secret out of a text. */
export type Redact = (text: string) => string;

/** Names of variables, settings and inputs whose value is a secret. */
const secretName =
  /(passw(or)?d|passwd|pwd|passphrase|secret|token|credentials?|api_?key|private_?key|access_?key|connection_?string|uri)$/i;

/** A shorter text is found in too many others to be taken out of them. */
const shortest = 4;

/**
 * The secrets that a process knows by its environment: the values of variables whose name says so,
 * such as TASKRUNNER_MONGO_URI, PULUMI_CONFIG_PASSPHRASE and GITHUB_TOKEN, and the user names and
 * passwords in connection strings, as they are written there and decoded. All of them are secret.
 */
export function secretsIn(environment: Readonly<Record<string, string | undefined>>): string[] {
  return Object.entries(environment).flatMap(([name, value = ""]) => {
    if (!secretName.test(name)) return [];
    // Everything up to the last `@` of a URI: a password may have been left unencoded.
    const [, user = ""] = /:\/\/(.*)@/s.exec(value) ?? [];
    const colon = user.indexOf(":");
    // Only a user's name, such as that of a certificate, is no secret.
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

/** What is taken for a secret only by its form, whoever wrote it, beside passwords in URIs (`redact`). */
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
 * Takes these secrets out of texts in every form in which they may be written, and what looks like
 * one. Secrets shorter than four characters are not looked for.
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
 * The same JSON value without its secrets: in texts and in names, and whatever stands under a
 * secret's name, as in `{ password: … }` and `{ name: "PASSWORD", value: … }`.
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
