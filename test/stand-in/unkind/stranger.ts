import type { Db, Document } from "mongodb";
import type { Random } from "../../../tools/sample/random";
import { documentOptions } from "../../contract/options";
import type { RunRecord } from "../records";
import type { Store } from "../store";

/** Somebody who writes to MongoDB while the services work on files: another environment, a test, a restore. */
export class Stranger {
  /** The runs that no service submitted. */
  readonly runIds = new Set<string>();

  constructor(
    private readonly database: Db,
    private readonly store: Store,
  ) {}

  /**
   * Makes a run that no service knows, or sets one back that MongoDB has; says which.
   *
   * @param isLate whether the look before the drain was taken: what is older than an hour is not seen any more, so that
   *   only a run of this moment is made
   * @param isLost whether a rollback may export nothing: then nothing tells an unfinished run of a stranger from one that
   *   a service left in MongoDB, so only a finished one is made
   */
  async act(random: Random, isLate: boolean, isLost: boolean): Promise<string> {
    const known = !isLate && random.next() < 0.5 ? await this.setBack(random) : undefined;
    if (known !== undefined) return `${known} begins anew`;
    const runId = `stranger-${this.runIds.size + 1}`;
    this.runIds.add(runId);
    const drawn = random.pick(["Pending", "Succeeded"] as const);
    const status = isLost ? "Succeeded" : drawn;
    const dates = (await this.store.runs()).map(({ updatedAt }) => updatedAt).sort();
    await this.store.create(
      runOfStranger(runId, status, dates.at(-1) ?? "2025-11-06T00:00:00.000Z"),
    );
    return `${runId} is ${status}`;
  }

  /** A run begins anew, with another plan and an older date; which one, if MongoDB has any. */
  private async setBack(random: Random): Promise<string | undefined> {
    const { runs } = documentOptions.collections;
    const collection = this.database.collection(runs);
    const all = await collection.find({ _id: { $nin: [...this.runIds] as never[] } }).toArray();
    if (all.length === 0) return undefined;
    const { _id, steps, updatedAt } = random.pick(all);
    const begun = (steps as Document[]).map((step) => ({
      ...step,
      status: "Pending",
      attempts: 0,
    }));
    const before = new Date((updatedAt as Date).getTime() - 3_600_000);
    const $set = { steps: begun, updatedAt: before, "plan.name": "restored" };
    await collection.updateOne({ _id }, { $set });
    return String(_id);
  }
}

function runOfStranger(runId: string, status: "Pending" | "Succeeded", moment: string): RunRecord {
  const step = { stepId: "build", kind: "Run", enabled: true, continueOnError: false } as const;
  return {
    runId,
    planHash: "sha256:stranger",
    plan: { name: "mirror", steps: [{ id: "build", failures: 0 }] },
    failurePolicy: { maxAttempts: 2, backoffSeconds: 0 },
    requestedAt: moment,
    createdAt: moment,
    updatedAt: moment,
    steps: [{ ...step, status, attempts: status === "Pending" ? 0 : 1 }],
  };
}
