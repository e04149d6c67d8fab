import { collections } from "../../components/contract";
import type { Execution } from "./state";
import type { PackOutput } from "./plan";
import { enumeration } from "./style";

const statuses = collections.artifacts.fields.status?.names ?? [];

/** A run's artifact manifest; undefined for a run that has not begun. */
export function manifestOf(execution: Execution): ArtifactManifest | undefined {
  if (execution.outcome === "created") return undefined;
  const outputs = execution.pack.outputs.map((output) => outputOf(execution, output));
  return { runId: execution.runId, uploadedAt: execution.journal.moment(), outputs };
}

/** The manifest of a run's artifacts, as the worker writes it. */
export interface ArtifactManifest {
  readonly runId: string;
  readonly uploadedAt: string;
  readonly outputs: readonly object[];
}

function outputOf(execution: Execution, { name, type, path }: PackOutput): object {
  const { runId, journal, random } = execution;
  const status = statusOf(execution, path !== undefined);
  const stored = status === "copied" || status === "materialized";
  journal.write({
    level: stored ? "info" : "debug",
    type: "artifact.captured",
    message: `Artifact ${name}: ${status}`,
    metadata: { name, status },
  });
  return {
    name,
    type,
    sourcePath: path && `/var/lib/taskrunner/work/${runId}/${path}`,
    storedPath: stored ? `artifacts/${runId}/${path ?? `${name}.json`}` : undefined,
    status: status === "missing" ? status : enumeration(statuses, status, journal.style),
    notes: status === "skipped" ? "The run did not come to this output." : undefined,
    capturedAt: random.next() < 0.7 ? journal.moment() : undefined,
  };
}

function statusOf({ outcome, journal: { style, lines } }: Execution, isFile: boolean): string {
  if (outcome === "succeeded") {
    if (!isFile) return "materialized";
    // The path of some outputs is not there. Nothing is drawn for it, so that both forms have the same runs.
    return style.form === "integers" && lines.length % 16 === 0 ? "missing" : "copied";
  }
  return ["failed", "rejected", "expired"].includes(outcome) ? "skipped" : "pending";
}
