import { collections } from "../../components/contract";
import type { Execution } from "./state";
import type { PackStep } from "./plan";
import { type Style, enumeration } from "./style";

const statuses = collections.approvals.fields.status?.names ?? [];

/** Requests a gate's approval, and decides it unless it stays pending. */
export function askFor(execution: Execution, gate: PackStep, status: string): void {
  const { journal, runId, pack, random } = execution;
  const approval = pack.approvals.find(({ id }) => id === gate.approval);
  const requestedAt = journal.moment();
  say(execution, gate, "gate.approval.requested", `Approval ${gate.approval ?? ""} requested`);
  if (status !== "pending") {
    journal.pass(3_600_000);
    say(execution, gate, "gate.approval.resolved", `Approval ${gate.approval ?? ""} ${status}`);
  }
  const decided = status === "approved" || status === "rejected";
  execution.approvals.push({
    runId,
    approvalId: gate.approval,
    requiredGrants: approval?.grants,
    stepIds: [gate.id],
    messages: gate.message === undefined ? [] : [gate.message],
    reasonTemplate: approval?.reason,
    requestedAt,
    status: statusIn(journal.style, status),
    actorId: decided ? `operator-${random.between(1, 9)}` : undefined,
    completedAt: status === "pending" ? undefined : journal.moment(),
    summary: decided && random.next() < 0.5 ? `${status} after a look at the report` : undefined,
  });
}

function statusIn(style: Style, status: string): string | number {
  if (style.form === "names") return enumeration(statuses, status, style);
  return status.charAt(0).toUpperCase() + status.slice(1);
}

function say({ journal }: Execution, gate: PackStep, type: string, message: string): void {
  const metadata = { approvalId: gate.approval ?? "" };
  journal.write({ level: "info", type, message, stepId: gate.id, metadata });
}
