import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { defaultFolders } from "../../../components/contract";
import type { Random } from "../../../tools/sample/random";
import { documentOptions } from "../../contract/options";
import type { Mode } from "../crew";
import { eventsOf, type MemoryJournal } from "../journal";
import { hasRunEnded, isFinal } from "../records";
import type { Queue } from "../queue";
import type { Store } from "../store";
import type { World } from "./world";

/** An approval of a run that waits at its gate. */
interface Open {
  readonly runId: string;
  readonly stepId: string;
  readonly approvalId: string;
}

/** Approvals that both sides had, and that the side that the services work on loses while no gate was passed by them. */
export class LostApprovals {
  constructor(
    private readonly world: World,
    private readonly stores: Readonly<Record<Mode, Store>>,
    private readonly journal: MemoryJournal,
    private readonly random: Random,
  ) {}

  /**
   * Loses a decided approval in a mode, after the product took it to the other side.
   *
   * @param queue the jobs of this mode, with which a service asks again
   * @param bring takes a run to the other side
   */
  async lose(
    mode: Mode,
    queue: Queue | undefined,
    bring: (runId: string) => Promise<unknown>,
  ): Promise<void> {
    const open = await this.findOpen(mode);
    if (open.length === 0) return;
    const one = this.random.pick(open);
    await this.decide(mode, one);
    await queue?.add(one.runId);
    try {
      await bring(one.runId);
    } catch (error) {
      this.world.history.push(`an approval of ${one.runId} stays: ${String(error)}`);
      return;
    }
    const how = await this.remove(mode, one.runId);
    this.journal.lose(one);
    this.world.history.push(`the approvals of ${one.runId} are lost, ${mode}: ${how}`);
  }

  private async findOpen(mode: Mode): Promise<Open[]> {
    const store = this.stores[mode];
    const open: Open[] = [];
    for (const run of (await store.runs()).filter((one) => !hasRunEnded(one))) {
      const { runId } = run;
      const step = run.steps.find((one) => !isFinal(one));
      const { approvalId, stepId = "" } = step ?? {};
      const asked = (await store.approvals(runId)).find((one) => one.approvalId === approvalId);
      // A write that passes the gate may be under way.
      const isPassed = eventsOf(this.journal, "logged").some(
        ({ runId: of, message }) => of === runId && message === `approval ${approvalId} approved`,
      );
      if (approvalId !== undefined && asked && !isPassed) open.push({ runId, stepId, approvalId });
    }
    return open;
  }

  private async decide(mode: Mode, { runId, approvalId }: Open): Promise<void> {
    const store = this.stores[mode];
    const found = (await store.approvals(runId)).find((one) => one.approvalId === approvalId);
    if (found?.status !== "pending" || !this.journal.decideOnce(runId, approvalId)) return;
    await store.decide({ ...found, status: "approved", actorId: "somebody" });
    this.journal.write({ event: "decided", runId, approvalId, status: "approved" });
  }

  private async remove(mode: Mode, runId: string): Promise<string> {
    const { database, root } = this.world;
    if (mode === "mongo") {
      await database.collection(documentOptions.collections.approvals).deleteMany({ runId });
      return "deleted";
    }
    const file = join(root, defaultFolders.approvals, `${runId.replaceAll("/", "_")}.json`);
    if (this.random.next() < 0.5) {
      await writeFile(file, "[]");
      return "an empty list";
    }
    await rm(file);
    return "no file";
  }
}
