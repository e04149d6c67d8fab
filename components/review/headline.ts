import { formatDuration, formatNumber } from "../text";
import { isError, type ReviewInput } from "./input";
import type { Group } from "./table";
import { formatList } from "./words";

/** Says in one sentence of the program's own words what stops and what stays up, without the name of the stack. */
export function writeHeadline(input: ReviewInput, groups: readonly Group[]): string {
  const { direction, messages, refreshed, gate, cutover, isMongoUnreachable } = input;
  if (messages.some(isError)) return "the preview failed";
  if (gate === "closed") {
    const others = direction === "cutover" ? "" : nameGroups(groups);
    const prepares = cutover === undefined ? "prepares a cutover" : `prepares cutover ${cutover}`;
    return [`${prepares}; stops no service`, others].filter(Boolean).join(": ");
  }
  switch (direction) {
    case "nothing":
      return "no changes";
    case "cutover": {
      const number = cutover === undefined ? "" : ` (cutover ${cutover})`;
      return joinStop(`cut over to MongoDB${number}`, input);
    }
    case "rollback":
      return joinStop(`roll back to files${isMongoUnreachable ? " without MongoDB" : ""}`, input);
    case "change": {
      if (input.takesOver) return "takes over services on MongoDB; nothing is drained or imported";
      const named = nameGroups(groups);
      return `${refreshed ? "after a refresh" : "change"}: ${named || "the ledger"}`;
    }
  }
}

function joinStop(turn: string, { steps, stoppedBy, stoppedSeconds }: ReviewInput): string {
  const time =
    stoppedSeconds === undefined ? "" : ` for about ${formatDuration(stoppedSeconds * 1_000)}`;
  const stop = formatList([
    stoppedBy === "stack" && `the worker stops${time}`,
    stoppedBy === "person" && "you stop the worker",
    steps.some(({ part }) => part === "web") && "web stays up",
  ]);
  return [turn, stop].filter(Boolean).join(": ");
}

function nameGroups(groups: readonly Group[]): string {
  const named = groups.map(({ title, rows }) => {
    const name = title.replace(/^[A-Z](?=[a-z]*( |$))/, (letter) => letter.toLowerCase());
    return rows.length > 1 ? `${name} (${formatNumber(rows.length)})` : name;
  });
  return formatList(named);
}
