import type { Message } from "./read/preview";
import type { Situation } from "./situation";

/** Whether a preview warns of the data of an index or a collection. */
export function isSchemaWarning({ severity, urn = "" }: Message): boolean {
  return severity === "warning" && /dynamic\/mongo:(Index|Collection)::/.test(urn);
}

/** What a preview says of a step at which `pulumi up` does not go on. */
const stops = /`pulumi up` will (stop here|refuse it)\./;

/** The warnings that `pulumi up` will not get through, whatever is said of the rest. */
export function stopWarnings({ preview }: Situation): Message[] {
  return preview.messages.filter(
    ({ severity, text }) => severity === "warning" && stops.test(text),
  );
}

/** The warnings but those that the data issues, or the plan's figures, say already. */
export function otherWarnings(situation: Situation): Message[] {
  const { messages } = situation.preview;
  return messages.filter(
    (message) => message.severity === "warning" && !isSaidElsewhere(message, situation),
  );
}

function isSaidElsewhere(message: Message, { direction, plan }: Situation): boolean {
  if (direction === "way back") return isForeseen(message) && isOutOfReach(plan);
  if (!isSchemaWarning(message)) return false;
  const names = plan?.issues.map((issue) => ("index" in issue ? issue.index : issue.collection));
  return (
    !plan?.reachable || names?.some((name) => message.urn?.endsWith(`::${String(name)}`)) === true
  );
}

/** What the export foretells of a way back without MongoDB (`foreseenInWords`); the plan counts it. */
const foreseen = [
  /^MongoDB is out of reach: nothing would be exported\./,
  /^[\d,]+ runs? would (be set aside|go on from their files)/,
];

function isForeseen({ printed, text }: Message): boolean {
  return printed && foreseen.some((words) => words.test(text));
}

/** A plan that did reach MongoDB says something else than the preview did: then both are shown. */
function isOutOfReach(plan: Situation["plan"]): boolean {
  return plan?.leftBehind !== undefined && plan.leftBehind.exported === undefined;
}
