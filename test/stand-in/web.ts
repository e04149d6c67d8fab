import { hash } from "node:crypto";
import type { RunRecord, StepRecord } from "./records";
import { writeLog, type StoreService, type ServiceContext } from "./service";

/** Which runs a web service submits by itself. */
export interface Load {
  /** So many at most. */
  readonly runs: number;
  /** How likely it is that one is submitted where nothing is to be decided. */
  readonly chance: number;
}

/** The web service: submits runs and decides approvals, as the people behind it ask. */
export class Web implements StoreService {
  private submitted = 0;

  constructor(
    private readonly about: ServiceContext,
    private readonly load: () => Load,
  ) {}

  async tick(): Promise<boolean> {
    if (await this.decide()) return true;
    const { runs, chance } = this.load();
    const submits = this.submitted < runs;
    if (submits && this.about.random.next() < chance) await this.submit();
    return submits;
  }

  async drain(): Promise<void> {
    // Nothing is ever in its hand between two ticks.
  }

  private async submit(): Promise<void> {
    const run = this.newRun(++this.submitted);
    // The worker goes on with a run's log as soon as it sees the run.
    const message = `the run is created by ${this.about.name}`;
    await writeLog(this.about, run.runId, { level: "info", eventType: "run.created", message });
    await this.about.store.create(run);
    await this.about.queue?.add(run);
    this.about.journal.write({ event: "submitted", runId: run.runId });
  }

  private newRun(number: number): RunRecord {
    const { random, name, now } = this.about;
    const ids = ["build", "sign[0]::cosign", "publish"].slice(0, random.between(1, 3));
    const gated = random.next() < 0.5;
    const plan = {
      name: random.pick(["mirror", "promote"]),
      steps: ids.map((id) => ({ id, failures: random.pick([0, 0, 0, 1, 2]) })),
    };
    const steps: StepRecord[] = plan.steps.map(({ id }) => ({
      ...newStep,
      stepId: id,
      kind: "Run",
    }));
    const gate = { ...newStep, stepId: "sign-off", approvalId: "owners" };
    if (gated) steps.splice(random.between(0, steps.length), 0, { ...gate, kind: "GateApproval" });
    const moment = now();
    return {
      // A scheduler's ids are paths, and a file name cannot hold the slash.
      runId: `${random.next() < 0.3 ? "nightly/" : ""}${name}-${number}`,
      planHash: `sha256:${hash("sha256", JSON.stringify(plan))}`,
      plan,
      failurePolicy: { maxAttempts: 2, backoffSeconds: 0 },
      requestedAt: moment,
      createdAt: moment,
      updatedAt: moment,
      steps,
    };
  }

  private async decide(): Promise<boolean> {
    const { store, journal, random, name, now } = this.about;
    const pending = await store.pendingApprovals();
    if (pending.length === 0) return false;
    // People take their time.
    if (random.next() < 0.5) return true;
    // One that is decided already may stay pending here, where its run was deleted.
    const first = random.pick(pending);
    const approval = [first, ...pending].find((one) =>
      journal.decideOnce(one.runId, one.approvalId),
    );
    if (!approval) return false;
    const { runId, approvalId } = approval;
    const status = random.pick(["approved", "approved", "rejected"] as const);
    await store.decide({ ...approval, status, actorId: `via ${name}`, completedAt: now() });
    await this.about.queue?.add(runId);
    journal.write({ event: "decided", runId, approvalId, status });
    return true;
  }
}

const newStep = {
  enabled: true,
  continueOnError: false,
  status: "Pending",
  attempts: 0,
} as const;
