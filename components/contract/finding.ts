/** What a step found in a preview, before a run or during one. */
export interface Finding {
  /** `stop`: the next `pulumi up` does not get past it. `info`: nobody has to do anything. */
  readonly severity: "stop" | "warn" | "info";
  /** Its kind, in lower case with dashes, such as `runs-held`: for scripts, the review and the docs. */
  readonly code: string;
  /** What was found, on what, and what to do: sentences for people, without a secret. */
  readonly text: string;
}

/** Something that somebody should know, and that stops nothing. */
export const warning = (code: string, text: string): Finding => ({ severity: "warn", code, text });

const tail = /\[(stop: )?([a-z-]+)\]$/;

/**
 * A finding as people and programs read it: `3 runs are held in …. [runs-held]`. Its end is the only part that
 * a program reads back, because a preview prints its messages as text, also with `--json`.
 */
export function formatFinding({ severity, code, text }: Finding): string {
  return severity === "stop"
    ? `\`pulumi up\` will stop here. ${text} [stop: ${code}]`
    : `${text} [${code}]`;
}

/** A line or a finding as it is printed where nothing else marks a warning. */
export function formatPrinted(finding: string | Finding): string {
  if (typeof finding === "string") return finding;
  return `${finding.severity === "info" ? "" : "warning: "}${formatFinding(finding)}`;
}

/** The code of a printed finding, and whether it stops `pulumi up`; undefined for any other message. */
export function readFinding(message: string): { code: string; stops: boolean } | undefined {
  const [, stop, code] = tail.exec(message) ?? [];
  return code === undefined ? undefined : { code, stops: stop !== undefined };
}

/** A message of a preview, without the marks for colours and without the word that marks what a provider printed. */
export function readPrinted(message: string) {
  const plain = message.replace(/<\{%.*?%\}>/g, "").replace(/\u001b\[[\d;]*m/g, "");
  const [, mark, text = ""] = /^\s*(?:(warning|error): )?([^]*?)\s*$/.exec(plain) ?? [];
  const { code, stops = false } = readFinding(text) ?? {};
  return { mark: mark as "warning" | "error" | undefined, text, code, stops };
}
