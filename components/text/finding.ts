import { codes, type Code } from "./codes";

/** Something that a step found before or during a run. */
export interface Finding {
  /** `stop`: the next `pulumi up` fails on it. `info`: needs no action. */
  readonly severity: "stop" | "warn" | "info";
  readonly code: Code;
  /** Prose for people: what was found, on what, and what to do. Never a secret. */
  readonly text: string;
  /** What it counts or names in the text, for `plan --json` and the review. */
  readonly facts?: Readonly<Record<string, number | string>>;
}

/** Creates a finding that does not stop `pulumi up`. */
export const warning = (code: Code, text: string): Finding => ({ severity: "warn", code, text });

/** A finding with this text; none without one. */
export const findingsFrom = (text: string | undefined, found: Omit<Finding, "text">): Finding[] =>
  text === undefined ? [] : [{ ...found, text }];

const tail = /\[(stop: )?([a-z-]+)\]$/;

/**
 * Formats a finding, such as `3 runs are held in …. [runs-held]`. Programs read back only the code at its end,
 * because a preview prints messages as text even with `--json`.
 */
export function formatFinding({ severity, code, text }: Finding): string {
  return severity === "stop"
    ? `\`pulumi up\` will stop here. ${text} [stop: ${code}]`
    : `${text} [${code}]`;
}

// The engine makes a message of each line that a provider prints, and only the last one would have the code.
const lineBreak = " ↵ ";

/**
 * Formats a finding for output without severities, in one line: adds `warning: ` unless it is `info`. A string stays as
 * it is.
 */
export function formatPrinted(finding: string | Finding): string {
  if (typeof finding === "string") return finding;
  const line = formatFinding(finding).replaceAll("\n", lineBreak);
  return `${finding.severity === "info" ? "" : "warning: "}${line}`;
}

/** The code of a printed finding and whether it stops `pulumi up`; undefined for any other message. */
export function readFinding(message: string): { code: Code; stops: boolean } | undefined {
  const [, stop, word] = tail.exec(message) ?? [];
  const code = codes.find((one) => one === word);
  return code === undefined ? undefined : { code, stops: stop !== undefined };
}

/** The text of a printed finding, without its code. */
export const withoutCode = (printed: string) => printed.replace(tail, "").trimEnd();

/** Parses a preview's message: removes colours, restores lines, and separates a provider's prefix (`mark`). */
export function readPrinted(message: string) {
  const plain = message
    .replace(/<\{%.*?%\}>/g, "")
    .replace(/\u001b\[[\d;]*m/g, "")
    .replaceAll(lineBreak, "\n");
  const [, mark, text = ""] = /^\s*(?:(warning|error): )?([^]*?)\s*$/.exec(plain) ?? [];
  const { code, stops = false } = readFinding(text) ?? {};
  return { mark: mark as "warning" | "error" | undefined, text, code, stops };
}
