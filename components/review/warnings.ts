import type { Message } from "./read/preview";
import type { Situation } from "./situation";

/** Whether a preview warns of the data of an index or a collection. */
export function isSchemaWarning({ severity, urn = "" }: Message): boolean {
  return severity === "warning" && /dynamic\/mongo:(Index|Collection)::/.test(urn);
}

/** The warnings that say nothing which the data issues, or the plan's figures, say already. */
export function otherWarnings(situation: Situation): Message[] {
  const { messages } = situation.preview;
  return messages.filter(
    (message) => message.severity === "warning" && !isSaidElsewhere(message, situation),
  );
}

function isSaidElsewhere(message: Message, { direction, plan }: Situation): boolean {
  // The export foretells what it would leave behind.
  if (direction === "way back") return message.printed && plan?.leftBehind !== undefined;
  if (!isSchemaWarning(message)) return false;
  const names = plan?.issues.map((issue) => ("index" in issue ? issue.index : issue.collection));
  return (
    !plan?.reachable || names?.some((name) => message.urn?.endsWith(`::${String(name)}`)) === true
  );
}
