/** What a step found in a preview, before a run or during one. */
export interface Finding {
  /** `stop`: the next `pulumi up` does not get past it. `info`: nobody has to do anything. */
  readonly severity: "stop" | "warn" | "info";
  /** Its kind, in lower case with dashes, such as `runs-held`: for scripts, the review and the docs. */
  readonly code: string;
  /** What was found, on what, and what to do: sentences for people, without a secret. */
  readonly text: string;
}

const head = /^\[(stop: )?([a-z-]+)\] /;

/**
 * A finding as people and programs read it: `[runs-held] 3 runs are held in …`. The head is the only part
 * that a program reads back, because a preview prints its messages as text, also with `--json`.
 */
export function formatFinding({ severity, code, text }: Finding): string {
  return severity === "stop"
    ? `[stop: ${code}] \`pulumi up\` will stop here. ${text}`
    : `[${code}] ${text}`;
}

/** A finding on a line of its own, where nothing else says that it is a warning. */
export function formatPrinted(finding: Finding): string {
  return `${finding.severity === "info" ? "" : "warning: "}${formatFinding(finding)}`;
}

/** The code of a printed finding, and whether it stops `pulumi up`; undefined for any other message. */
export function readFinding(message: string): { code: string; stops: boolean } | undefined {
  const [, stop, code] = head.exec(message) ?? [];
  return code === undefined ? undefined : { code, stops: stop !== undefined };
}
