import { manifestOf, type ArtifactManifest } from "./artifacts";
import { execute, leavesOf } from "./execution";
import { type Execution, type RunOutcome } from "./state";
import { LogWriter } from "./journal";
import { packs } from "./packs";
import { planOf, type Pack, type PlanStepKind } from "./plan";
import type { Random } from "./random";
import { styleOf, type SampleForm, type Style } from "./style";

/** A run's files in the filesystem stores. */
export interface SampleRun {
  readonly style: Style;
  readonly runId: string;
  readonly state: object;
  readonly logs: readonly object[];
  readonly manifest: ArtifactManifest | undefined;
  readonly approvals: readonly object[];
  /** The job of a run that no worker has begun. */
  readonly job: object | undefined;
}

/** Outcomes alternate; their number is coprime to those of packs and styles. */
const outcomes: readonly RunOutcome[] = [
  "succeeded",
  "succeeded",
  "failed",
  "succeeded",
  "running",
  "waiting",
  "succeeded",
  "rejected",
  "retrying",
  "expired",
  "created",
];

/** 1 October 2025, in tenths of a microsecond since 1970. */
const firstRequest = BigInt(Date.UTC(2025, 9, 1)) * 10_000n;

/** The interval between runs: 2 hours and 50 minutes. */
const ticksBetweenRuns = 10_200n * 10_000_000n;

/** The sample's run with a number, from 0. */
export function sampleRun(number: number, random: Random, form: SampleForm): SampleRun {
  const pack = turn(packs, number);
  const style = styleOf(number, form);
  const runId = runIdOf(number, pack);
  const inputs = inputsOf(pack, random);
  const journal = new LogWriter(firstRequest + BigInt(number) * ticksBetweenRuns, random, style);
  const execution = {
    runId,
    pack,
    inputs,
    journal,
    random,
    ...courseOf(number, pack, inputs, random),
  };
  const requestedAt = journal.moment();
  journal.pass(2_000);
  const createdAt = journal.moment();
  const manifest = ranThrough(execution);
  const state = stateOf(execution, number, { requestedAt, createdAt, updatedAt: journal.moment() });
  const { planHash, plan } = state;
  return {
    style,
    runId,
    state,
    logs: journal.lines,
    manifest,
    approvals: execution.approvals,
    job: execution.outcome === "created" ? { runId, planHash, plan, requestedAt } : undefined,
  };
}

const turn = <T>(choices: readonly T[], number: number) => choices[number % choices.length] as T;

/** Some ids are paths, as a scheduler may create them; a file name cannot hold the slash. */
function runIdOf(number: number, { name }: Pack): string {
  const digits = String(number + 1).padStart(6, "0");
  return number % 10 === 7 ? `nightly/${name}/${digits}` : `run-20251106-${digits}`;
}

/** The pack's inputs, its lists shortened at random. */
function inputsOf(pack: Pack, random: Random): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(pack.inputs).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.slice(0, random.between(1, value.length)) : value,
    ]),
  );
}

/** The outcome and its step; a pack without approvals waits for none. */
function courseOf(
  number: number,
  pack: Pack,
  inputs: Record<string, unknown>,
  random: Random,
): Pick<Execution, "outcome" | "left" | "stopped" | "steps" | "approvals"> {
  const turned = turn(outcomes, number);
  const approval = ["waiting", "rejected", "expired"].includes(turned);
  const outcome = approval && pack.approvals.length === 0 ? "succeeded" : turned;
  const kind: PlanStepKind = approval ? "GateApproval" : "Run";
  const leaves = leavesOf(pack.steps, inputs);
  const stops = [...leaves.entries()]
    .filter(([, step]) => step.kind === kind && !step.disabled && !step.otherwise)
    .map(([at]) => at);
  const left = outcome === "succeeded" ? -1 : random.pick(stops);
  return { outcome, left, stopped: outcome === "created", steps: [], approvals: [] };
}

/** Executes the run between its first and last log lines. */
function ranThrough(execution: Execution): ArtifactManifest | undefined {
  const { journal, pack, outcome } = execution;
  const metadata = { pack: pack.name, version: pack.version };
  journal.write({
    level: "info",
    type: "run.created",
    message: `Run of ${pack.name} created`,
    metadata,
  });
  execute(execution);
  const manifest = manifestOf(execution);
  const level =
    outcome === "failed" || outcome === "rejected" || outcome === "expired" ? "error" : "info";
  if (outcome !== "created") {
    journal.write({ level, type: `run.${outcome}`, message: `Run of ${pack.name}: ${outcome}` });
  }
  return manifest;
}

function stateOf(
  { runId, pack, inputs, steps, journal }: Execution,
  number: number,
  times: Readonly<Record<"requestedAt" | "createdAt" | "updatedAt", string>>,
) {
  const { plan, planHash } = planOf(pack, inputs, journal.style.form);
  const tenantId = number % 5 < 3 ? `tenant-${"abc".charAt(number % 3)}` : undefined;
  return { runId, planHash, plan, failurePolicy: pack.failurePolicy, ...times, steps, tenantId };
}
