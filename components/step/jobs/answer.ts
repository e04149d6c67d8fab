import { type Finding, formatPrinted, redact } from "../../text";

/** The maximum size of a termination message, and of a text in it, in bytes. */
const messageBytes = 4_096;
const textBytes = 1_500;

const reported: string[] = [];

/** Prints a line or a finding. In a pod it is part of the answer too, because the logs may not be readable. */
export function reportLine(given: string | Finding): void {
  const line = formatPrinted(given);
  reported.push(line);
  console.log(line);
}

/** Prints the findings that do not stop `pulumi up`. @returns those that do */
export function reportFindings(findings: readonly Finding[]): readonly Finding[] {
  for (const one of findings) if (one.severity !== "stop") reportLine(one);
  return findings.filter(({ severity }) => severity === "stop");
}

/**
 * A pod's answer as a termination message: a line of JSON with the number and length of each list, then a line for
 * each member of a list while there is room, texts first. A kubelet may cut off lines, because the containers of a
 * pod share 12 KiB.
 *
 * @param lines default: what this process has reported since its last answer
 * @see https://kubernetes.io/docs/tasks/debug/debug-application/determine-reason-pod-failure/
 */
export function formatAnswer(
  answer: object,
  lines: readonly string[] = reported.splice(0),
): string {
  const lists: (readonly [key: string, list: readonly unknown[]])[] = [];
  const first = JSON.stringify({ lines, ...answer }, (key, value: unknown) =>
    Array.isArray(value) ? [lists.push([key, value]) - 1, value.length] : shorten(value),
  );
  const members = lists.flatMap(([key, list], number) =>
    list.map((member, at) => ({
      rank: ["lines", "reasons", "failed"].includes(key) ? -1 : at,
      line: JSON.stringify([number, member], (_, value) => shorten(value)),
    })),
  );
  const ranked = members.toSorted((one, other) => one.rank - other.rank);
  return ranked.reduce((message, { line }) => {
    const longer = `${message}\n${line}`;
    return Buffer.byteLength(longer) <= messageBytes ? longer : message;
  }, first);
}

function shorten(value: unknown): unknown {
  if (typeof value !== "string") return value;
  const bytes = Buffer.from(redact(value));
  if (bytes.length <= textBytes) return bytes.toString();
  const first = bytes.subarray(0, textBytes / 2);
  const last = bytes.subarray(-textBytes / 2);
  return `${first.toString()} ... ${last.toString()}`;
}

/** A pod's answer, and the number of missing list members; undefined if the message has none. */
export function parseAnswer(message: string) {
  const [first = "", ...lines] = message.split("\n");
  // A kubelet may have cut the last one.
  const members = lines.map((line) => (parse(line) ?? []) as [number?, unknown?]);
  let leftOut = 0;
  const answer = parse(first, (_, value: unknown) => {
    if (!Array.isArray(value)) return value;
    const [number, length] = value as [number, number];
    const list = members.filter(([of]) => of === number);
    leftOut += length - list.length;
    return list.map(([, member]) => member);
  });
  return answer instanceof Object ? { answer, leftOut } : undefined;
}

function parse(json: string, reviver?: Parameters<typeof JSON.parse>[1]): unknown {
  try {
    return JSON.parse(json, reviver);
  } catch {
    return undefined;
  }
}
