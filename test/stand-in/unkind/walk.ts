import { join } from "node:path";
import { ownFiles } from "../../../components/state";
import { readPrinted } from "../../../components/text";
import { type MemoryJournal, eventsOf } from "../journal";
import type { Mode } from "../crew";
import { bundledCommands } from "../../cli/bundled";
import { FileStore } from "../file-store";
import { findFaults } from "../findings";
import { foldersIn } from "../pods";
import { hasRunEnded } from "../records";
import { cancelRun } from "./cancelled-run";
import { copyHeldBack } from "./copied-back";
import { linesOf } from "./heard";
import { LostApprovals } from "./lost-approvals";
import { Mishaps } from "./mishaps";
import { Operator } from "./operator";
import { Product, type StepName } from "./product";
import { RoughCrew } from "./rough-crew";
import { runBeside } from "./second-process";
import { StalledImport } from "./stalled-import";
import type { World } from "./world";

/** A step of the product, or what goes on between two of them once. */
type Leg = StepName | (() => Promise<unknown>);

/** A random way through cutovers and rollbacks in an unkind world: the steps are the product's own. */
export class Walk extends RoughCrew {
  readonly product: Product;
  readonly operator: Operator;
  /** Whether no cutover is recorded, so that the services may go back to files by themselves. */
  canGoBack = false;
  /** Steps that are left out, such as `Handover back`, to see that somebody notices. */
  readonly leftOut = new Set<string>();
  /** Codes of what the product found. */
  private readonly codes = new Set<string>();
  private readonly mishaps: Mishaps;
  private stalled: StalledImport | undefined;

  constructor(seed: number, world: World, journal: MemoryJournal) {
    super(seed, world, journal);
    // What the services do with jobs in Mongo mode is open: nothing is known of jobs, both modes share them, or one has them.
    const answer = this.has("restored directory") ? 0 : seed % 3;
    if (answer > 0) Object.assign(this.queues, { filesystem: world.queue });
    if (answer === 1) Object.assign(this.queues, { mongo: world.queue });
    this.mishaps = new Mishaps(world, this.stores, this.random);
    const { database, root, surface } = world;
    this.product = new Product({ uri: surface.wire.uri, database: database.databaseName, root });
    this.operator = new Operator(this);
  }

  /** Walks to an end on either side; what is wrong then, in words. */
  async findings(): Promise<string[]> {
    await this.happen((mishaps) => mishaps.begin());
    this.startWorker("filesystem");
    await this.rollWeb("filesystem");
    while (this.submitted().length === 0) await this.between(30);
    const end = await this.wander();
    await this.stalled?.end();
    await this.settle();
    await this.onVolume(() => this.world.writer.repair());
    if (end === undefined) return this.problems;
    if (this.worker === undefined) this.startWorker(end);
    await this.finish();
    await this.submitAgain(end);
    const { excused, strange } = this.mishaps;
    const executed = eventsOf(this.journal, "executed").filter(({ runId }) => strange.has(runId));
    const { isKilled } = this.world;
    return [
      ...this.problems,
      ...executed.map(
        ({ runId, stepId }) => `${stepId} of ${runId} is executed, which nobody submitted`,
      ),
      ...(await findFaults(this.stores[end], this.journal, {
        purged: excused,
        isKilled,
        superseded: await this.readSuperseded(),
      })),
    ];
  }

  /** Where Mongo mode has another queue, nobody wrote a job for what came from there: people submit it again. */
  private async submitAgain(end: Mode): Promise<void> {
    if (end === "mongo" || this.queues.mongo || !this.queues.filesystem) return;
    for (const { runId } of (await this.stores[end].runs()).filter((run) => !hasRunEnded(run))) {
      await this.queues.filesystem.add(runId);
    }
    await this.finish();
  }

  /** What web logged of runs that the worker began in MongoDB from their jobs. */
  private async readSuperseded(): Promise<ReadonlySet<string>> {
    const store = new FileStore(foldersIn(join(this.world.root, ownFiles.superseded)));
    const words = await Promise.all(
      this.submitted().map(async (runId) =>
        (await store.logs(runId)).map(({ sequence, message }) => `${runId} ${sequence} ${message}`),
      ),
    );
    return new Set(words.flat());
  }

  /** The runs that the last rollback held. */
  get held(): readonly string[] {
    return this.product.rollbacks.flatMap(({ held }) => held.cases);
  }

  /** The runs of which somebody may speak: those that were submitted, and all others that there may be. */
  get known(): readonly string[] {
    return [...new Set([...this.submitted(), ...this.mishaps.excused])];
  }

  private submitted(): string[] {
    return eventsOf(this.journal, "submitted").map(({ runId }) => runId);
  }

  /** What goes on while somebody reads what the product says. */
  async meanwhile(): Promise<void> {
    await this.settle();
    await this.between(4);
    if (this.truth === "mongo" && this.has("again"))
      await this.happen((mishaps) => mishaps.purge("mongo"));
  }

  /** Cutovers and rollbacks; on which side they end, if none of them failed for good. */
  private async wander(): Promise<Mode | undefined> {
    for (let left = this.random.between(1, 2); left > 0; left -= 1) {
      const end = await this.cutOver();
      if (end === undefined) return undefined;
      if (left === 1 && end === "done" && this.random.next() < 0.3) return "mongo";
      if (!(await this.rollBack(left === 1))) return undefined;
    }
    return "filesystem";
  }

  private async cutOver(): Promise<"done" | "back" | undefined> {
    const { product } = this;
    product.begin();
    this.canGoBack = true;
    await this.happen((mishaps) => mishaps.beforeCutover());
    const legs: Leg[] = [
      "BulkPass",
      "FirstVerification",
      () => this.beforeDrain(),
      () => this.drainFor(product),
      () => this.cancelRun(),
      "Handover",
      () => this.onMongo(),
      "FinalPass",
      "Verification",
    ];
    const end = await this.up("forward", legs);
    if (end !== "done") return end;
    await this.happen((mishaps) => mishaps.keepSnapshots());
    if (!this.has("again")) return end;
    await this.between(8);
    await this.happen((mishaps) => mishaps.purge("mongo"));
    return this.up(
      "forward",
      legs.filter((leg) => typeof leg === "string"),
    );
  }

  /**
   * What the final pass says of runs whose job may be used up: it goes back to the queue. A report that is shown again
   * says nothing new.
   */
  private async resumeDecided(): Promise<void> {
    for (const { runId, job } of this.product.decidedLate) {
      const resumed = `${runId} is resumed by ${job ?? "another job"}`;
      if (this.world.history.includes(resumed)) continue;
      this.world.history.push(resumed);
      if (job === undefined) await this.queues.mongo?.add(runId);
      else await this.queues.mongo?.bringBack(job);
    }
  }

  /** Runs `pulumi up` until it is done; what goes on between two steps does so once. */
  private async up(direction: "forward" | "back", legs: readonly Leg[], fields: object = {}) {
    const left = new Set(legs.filter((leg) => typeof leg !== "string"));
    return this.operator.run(`up ${direction}`, async () => {
      for (const leg of legs) {
        if (typeof leg === "string") await this.step(leg, direction, fields);
        else if (left.delete(leg)) await leg();
      }
    });
  }

  private async step(name: StepName, direction: "forward" | "back", fields: object): Promise<void> {
    if (this.leftOut.has(`${name} ${direction}`)) return;
    this.pass();
    this.mishaps.step();
    this.world.history.push(`${name} ${direction}`);
    const lines = await linesOf(() => this.product.run(name, direction, fields));
    for (const line of lines) this.codes.add(readPrinted(line).code ?? "");
    if (name === "FinalPass" && direction === "forward") {
      await this.onVolume(() => this.resumeDecided());
    }
  }

  private async beforeDrain(): Promise<void> {
    await this.happen((mishaps) => mishaps.keepSnapshots());
    await this.between(10);
    if (this.has("stalled importer")) await this.importTwice();
    await this.between(6);
    if (this.has("second process")) await this.runTwice("import");
    await this.happen((mishaps) => mishaps.purge("filesystem"));
    await this.happen((mishaps) => mishaps.changeDatabase(true));
    if (this.has("refused")) {
      await this.between(40);
      await this.settle();
      await this.happen((mishaps) => mishaps.refuse());
    }
    const { slow } = this.world.surface;
    await this.loseApproval("filesystem", () => this.product.importBeside(slow.uri));
  }

  private async loseApproval(mode: Mode, bring: (runId: string) => Promise<unknown>) {
    if (!this.has("lost approval") || this.world.isDisturbed) return;
    const lost = new LostApprovals(this.world, this.stores, this.journal, this.random);
    await this.settle();
    await this.onVolume(() => lost.lose(mode, this.queues[mode], bring));
  }

  private async cancelRun(): Promise<void> {
    const { world, stores, journal, random, product } = this;
    if (!this.has("cancelled run")) return;
    const bring = () => product.importBeside(world.surface.slow.uri);
    await this.settle();
    await this.onVolume(() => cancelRun(world, stores.filesystem, journal, random, bring));
  }

  private async drainFor(product: Product): Promise<void> {
    await this.endWorker();
    product.drained();
  }

  private async onMongo(): Promise<void> {
    this.canGoBack = false;
    await this.stalled?.end();
    this.startWorker("mongo");
    // MongoDB goes on with no run and gets none, so that the files that are copied back are all there is.
    if (this.has("copied back")) {
      this.worker = undefined;
      this.load = { ...this.load, runs: 0 };
    }
    await this.between(8);
    await this.rollWeb("mongo");
  }

  /** A second importer reads, stalls while the first one brings newer files, and goes on. */
  private async importTwice(): Promise<void> {
    const { world, product, random } = this;
    this.stalled = new StalledImport(world.surface.slow, world.database.databaseName);
    await this.stalled.begin(() => product.importBeside(world.surface.slow.uri), random);
    await this.between(6);
    await product.importBeside(world.surface.wire.uri).catch(() => undefined);
    if (random.next() < 0.7) await this.stalled.end();
  }

  private async rollBack(isLast: boolean): Promise<boolean> {
    const { world, random, product } = this;
    const isOver = this.truth === "mongo";
    if (isOver) {
      await this.between(6);
      if (this.has("second process")) await this.runTwice("export");
      await world.disturb(random);
      await this.between(30);
      await this.happen((mishaps) => mishaps.purge("mongo"));
      await this.happen((mishaps) => mishaps.changeDirectory());
    }
    this.codes.clear();
    const fields = this.has("lost") ? { uri: undefined } : {};
    const legs: Leg[] = [
      "BulkPass",
      async () => {
        this.mishaps.crash();
        if (isOver) await this.happen((mishaps) => mishaps.changeDirectory());
        await this.between(8);
        await this.drainFor(product);
        const bring = (runId: string) => product.command(["export", "--run", runId]);
        if (isOver) await this.loseApproval("mongo", bring);
        if (isOver) await this.happen((mishaps) => mishaps.spoil(this.queues.mongo));
        // A run that is submitted in MongoDB from here on, and begun on files from its job, is two runs of one id.
        if (isOver && this.queues.mongo) this.webs = [];
        if (isOver && this.has("other database")) await world.exchange();
      },
      "Handover",
      async () => {
        this.mishaps.crash();
        this.startWorker("filesystem");
        if (this.has("copied back")) this.load = { ...this.load, runs: 2 };
        await this.rollWeb("filesystem");
      },
      "FinalPass",
    ];
    if ((await this.up("back", legs, fields)) !== "done") return false;
    const isNothingElseHeld = await this.copyHeldBack();
    await this.between(isNothingElseHeld ? 100 : 10);
    world.heal();
    await this.happen((mishaps) => mishaps.repairRuns());
    // The next cutover begins with copies in held/.
    if (isNothingElseHeld && !isLast) return true;
    return this.exportRest();
  }

  /** Whether nothing is held any more but what was copied back. */
  private async copyHeldBack(): Promise<boolean> {
    if (!this.has("copied back")) return false;
    await this.settle();
    return this.onVolume(() => copyHeldBack(this.world, this.stores.mongo, this.random));
  }

  /** An import or an export by hand beside another one. */
  private async runTwice(name: "import" | "export"): Promise<void> {
    const { world, product, random } = this;
    const { slow } = world.surface;
    const second = slow.disturb(world.database.databaseName);
    const settings = await product.writeSettings(slow.uri);
    await this.between(20);
    const first = () =>
      product.command([name]).catch((error: unknown) => {
        this.problems.push(`${name} beside another one fails: ${String(error)}`);
      });
    const command = [bundledCommands(), name, "--settings", settings, "--quiet"];
    const before = { first: world.between, second };
    await runBeside({ before, first, meanwhile: () => this.between(10), command }, random);
  }

  /** Once MongoDB is back, everything comes to files; before that another one may answer. */
  private async exportRest(): Promise<boolean> {
    const { product, operator, world } = this;
    const isLeft = ["not-exported", "not-written", "runs-held"].some((code) =>
      this.codes.has(code),
    );
    if (!isLeft) return true;
    if (this.has("lost") || this.has("other database")) {
      await world.exchange();
      await product
        .command(["export"])
        .catch((error: unknown) => world.history.push(`export: ${String(error)}`));
      await this.between(10);
      world.heal();
    }
    return (await operator.run("export", () => product.command(["export"]))) === "done";
  }

  /**
   * Something happens to the files and documents, on another client of the volume, and not in the middle of a write: a
   * backup with half a file in it is a conflict that a person decides.
   */
  private async happen(what: (mishaps: Mishaps) => Promise<void>): Promise<void> {
    await this.settle();
    await this.onVolume(() => what(this.mishaps));
  }
}
