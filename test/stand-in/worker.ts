import { writeEnd } from "./journal";
import type { Job } from "./queue";
import { hasRunEnded, isFinal, type RunRecord, type StepRecord } from "./records";
import { writeLog, type StoreService, type ServiceContext } from "./service";

/** A step that was begun. */
interface InHand {
  readonly run: RunRecord;
  readonly step: StepRecord;
}

/** The reason of a gate whose approval was requested. */
const awaiting = "awaiting-approval";

/**
 * The worker: executes the steps of runs, one at a time, waits at approvals and ends runs. It
 * claims a run by a write that needs the run as it was seen. It knows of no other worker: what it
 * finds begun and not in its own hand it takes for interrupted, and begins again.
 */
export class Worker implements StoreService {
  private inHand: InHand | undefined;

  constructor(private readonly about: ServiceContext) {}

  async tick(): Promise<boolean> {
    const { inHand } = this;
    if (inHand) {
      this.inHand = undefined;
      await this.finish(inHand);
      return true;
    }
    const { queue, store } = this.about;
    const job = await queue?.first();
    if (queue && job) {
      await this.work(job);
      await queue.archive(job);
      return true;
    }
    const open = (await store.runs()).filter(
      (run) => !hasRunEnded(run) && (!queue || isAwake(run)),
    );
    while (open.length > 0) {
      const [run] = open.splice(this.about.random.between(0, open.length - 1), 1);
      if (run && (await this.advance(run))) return true;
    }
    return false;
  }

  async drain(): Promise<void> {
    if (this.inHand) await this.tick();
  }

  /** Begins or resumes the run of a job; without a state of it, anew from its plan. */
  private async work(job: Job): Promise<void> {
    const { store } = this.about;
    const known = (await store.runs()).find(({ runId }) => runId === job.runId);
    if (!known && job.run) await store.create(job.run);
    const run = known ?? job.run;
    if (run && !hasRunEnded(run)) await this.advance(run);
  }

  private async advance(run: RunRecord): Promise<boolean> {
    const step = run.steps.find((one) => !isFinal(one));
    if (!step) return false;
    if (step.kind === "Run") return this.begin(run, step);
    return step.status === "Pending" ? this.ask(run, step) : this.look(run, step);
  }

  private async begin(run: RunRecord, step: StepRecord): Promise<boolean> {
    const begun = await this.claim(run, step, {});
    if (!begun) return false;
    const { stepId, attempts } = begun.step;
    if (attempts === 1 && run.steps[0] === step) await this.capture(run, "pending");
    await this.say(run, "step.started", `${stepId} started, attempt ${attempts}`, stepId);
    this.inHand = begun;
    return true;
  }

  private async finish({ run, step }: InHand): Promise<void> {
    const { stepId, attempts } = step;
    this.executed(run, step);
    const failures = run.plan.steps.find(({ id }) => id === stepId)?.failures ?? 0;
    const word = attempts > failures ? "succeeded" : "failed";
    await this.say(run, `step.${word}`, `${stepId} ${word}, attempt ${attempts}`, stepId);
    if (word === "succeeded") await this.settle(run, step, { status: "Succeeded" });
    else {
      const again = attempts < run.failurePolicy.maxAttempts;
      const status = again ? "Pending" : "Failed";
      await this.settle(run, step, { status, statusReason: "exit code 1" });
    }
  }

  private async ask(run: RunRecord, step: StepRecord): Promise<boolean> {
    const asked = await this.claim(run, step, {});
    if (!asked) return false;
    return this.request(asked.run, asked.step);
  }

  private async request(run: RunRecord, step: StepRecord): Promise<boolean> {
    const { stepId, approvalId = "" } = step;
    await this.about.store.ask({
      runId: run.runId,
      approvalId,
      requiredGrants: ["release"],
      stepIds: [stepId],
      requestedAt: this.about.now(),
      status: "pending",
    });
    this.executed(run, step);
    await this.say(run, "gate.approval.requested", `approval ${approvalId} requested`, stepId);
    const { run: waiting } = changed(run, step, { statusReason: awaiting }, this.about.now());
    return this.about.store.replace(waiting, run);
  }

  private async look(run: RunRecord, step: StepRecord): Promise<boolean> {
    const asked = await this.about.store.approvals(run.runId);
    const approval = asked.find(({ approvalId }) => approvalId === step.approvalId);
    // Its worker was killed in between.
    if (!approval) return this.request(run, step);
    if (approval.status === "pending") return false;
    const { approvalId, status } = approval;
    await this.say(run, "gate.approval.resolved", `approval ${approvalId} ${status}`, step.stepId);
    await this.settle(run, step, { status: status === "approved" ? "Succeeded" : "Failed" });
    return true;
  }

  /** Begins an attempt, unless the run is another one than was seen. */
  private async claim(
    run: RunRecord,
    step: StepRecord,
    change: Partial<StepRecord>,
  ): Promise<InHand | undefined> {
    const attempt = { status: "Running" as const, attempts: step.attempts + 1, ...change };
    const begun = changed(run, step, attempt, this.about.now());
    return (await this.about.store.replace(begun.run, run)) ? begun : undefined;
  }

  /** Ends an attempt, and the run where nothing is left to do. */
  private async settle(
    run: RunRecord,
    step: StepRecord,
    change: Partial<StepRecord>,
  ): Promise<void> {
    const { run: after } = changed(run, step, change, this.about.now());
    const failed = change.status === "Failed";
    const steps = failed ? after.steps.map(skippedUnlessFinal) : after.steps;
    const next = { ...after, steps };
    if (hasRunEnded(next)) {
      await this.capture(run, failed ? "skipped" : "copied");
      await this.say(run, "run.ended", `the run ${failed ? "failed" : "succeeded"}`);
    }
    if (!(await this.about.store.replace(next, run))) {
      throw new Error(`the run ${run.runId} changed while its step was in hand`);
    }
    writeEnd(this.about.journal, next);
  }

  private async capture(run: RunRecord, status: "pending" | "copied" | "skipped"): Promise<void> {
    const bundle = { name: "bundle", type: "file", status } as const;
    const capturedAt = this.about.now();
    const storedPath = status === "copied" ? { storedPath: `artifacts/${run.runId}/bundle` } : {};
    await this.about.store.capture(run.runId, [{ ...bundle, ...storedPath, capturedAt }]);
  }

  private executed({ runId }: RunRecord, { stepId, attempts: attempt }: StepRecord): void {
    this.about.journal.write({ event: "executed", runId, stepId, attempt, by: this.about.name });
  }

  private async say(
    run: RunRecord,
    eventType: string,
    message: string,
    stepId?: string,
  ): Promise<void> {
    const level = eventType.endsWith("failed") ? "error" : "info";
    const metadata = { node: this.about.name };
    const told = { level, eventType, message, metadata } as const;
    await writeLog(this.about, run.runId, stepId === undefined ? told : { ...told, stepId });
  }
}

function changed(
  run: RunRecord,
  step: StepRecord,
  change: Partial<StepRecord>,
  now: string,
): InHand {
  const after = { ...step, ...change, lastTransitionAt: now };
  const steps = run.steps.map((one) => (one.stepId === step.stepId ? after : one));
  return { run: { ...run, steps, updatedAt: now }, step: after };
}

/** Whether a run that a job began goes on without another one: it does not wait for an approval. */
function isAwake({ steps }: RunRecord): boolean {
  const next = steps.find((step) => !isFinal(step));
  return next?.statusReason !== awaiting && steps.some(({ attempts }) => attempts > 0);
}

function skippedUnlessFinal(step: StepRecord): StepRecord {
  return isFinal(step) ? step : { ...step, status: "Skipped", statusReason: "the run failed" };
}
