import { type MemoryJournal, eventsOf } from "../journal";
import { Crew, type Mode } from "../crew";
import { FileStore } from "../file-store";
import { findFaults } from "../findings";
import { MongoStore } from "../mongo-store";
import { foldersIn } from "../pods";
import type { StoreService } from "../service";
import { documentOptions } from "../../contract/options";
import { Operator } from "./operator";
import { Product } from "./product";
import { Killed } from "./rough-writer";
import { StalledImport } from "./stalled-import";
import type { World } from "./world";

/** So often something is purged where it may be. */
const purges = 0.6;

/** A random way through cutovers and rollbacks in an unkind world: the steps are the product's own. */
export class Walk extends Crew {
  readonly product: Product;
  readonly operator: Operator;
  private stalled: StalledImport | undefined;

  constructor(
    seed: number,
    readonly world: World,
    journal: MemoryJournal,
  ) {
    const { database, root, surface, writer } = world;
    const write = (file: string, text: string) => writer.write(file, text);
    super(
      seed,
      {
        filesystem: new FileStore(foldersIn(root), write),
        mongo: new MongoStore(database, documentOptions.collections),
      },
      journal,
    );
    const place = { uri: surface.wire.uri, database: database.databaseName, root };
    this.product = new Product(place);
    this.operator = new Operator(this);
    world.between.before = () => this.duringStep();
  }

  /** Walks to an end on either side; what is wrong then, in words. */
  async findings(): Promise<string[]> {
    this.startWorker("filesystem");
    await this.rollWeb("filesystem");
    while (eventsOf(this.journal, "submitted").length === 0) await this.between(30);
    const end = await this.wander();
    await this.stalled?.end();
    await this.settle();
    await this.world.writer.repair();
    if (end === undefined) return this.problems;
    await this.finish();
    const { purged, isKilled } = this.world;
    const found = await findFaults(this.stores[end], this.journal, { purged, isKilled });
    return [...this.problems, ...found];
  }

  /** Cutovers and rollbacks; on which side they end, if none of them failed for good. */
  private async wander(): Promise<Mode | undefined> {
    for (let left = this.random.between(1, 2); left > 0; left -= 1) {
      if (!(await this.cutOver())) return undefined;
      if (left === 1 && this.random.next() < 0.3) return "mongo";
      if (!(await this.rollBack())) return undefined;
    }
    return "filesystem";
  }

  private async cutOver(): Promise<boolean> {
    const { product, operator, world } = this;
    const forward = (...of: Parameters<Product["run"]>) =>
      operator.run(`${of[0]} ${of[1]}`, () => product.run(...of));
    product.begin();
    if (!(await forward("BulkPass", "forward"))) return false;
    await this.between(10);
    if (world.dangers.has("stalled importer")) await this.importTwice();
    await this.between(6);
    await this.purge("filesystem");
    await this.endWorker();
    if (!(await forward("Handover", "forward"))) return false;
    await this.stalled?.end();
    this.startWorker("mongo");
    await this.between(8);
    await this.rollWeb("mongo");
    if (!(await forward("FinalPass", "forward"))) return false;
    return operator.run("Verification", async () => {
      await product.run("FinalPass", "forward");
      await product.run("Verification", "forward");
    });
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

  private async rollBack(): Promise<boolean> {
    const { product, operator, world, random } = this;
    await this.between(6);
    await world.disturb(random);
    await this.between(30);
    await this.purge("mongo");
    const fields = world.dangers.has("lost") ? { uri: undefined } : {};
    const back = (name: "BulkPass" | "Handover" | "FinalPass") =>
      operator.run(`${name} back`, () => product.run(name, "back", fields));
    if (!(await back("BulkPass"))) return false;
    await this.between(8);
    await this.drainWorker();
    if (world.dangers.has("other database")) await world.exchange();
    if (!(await back("Handover"))) return false;
    this.startWorker("filesystem");
    await this.rollWeb("filesystem");
    if (!(await back("FinalPass"))) return false;
    return this.exportRest();
  }

  /** Once MongoDB is back, everything comes to files; before that another one may answer. */
  private async exportRest(): Promise<boolean> {
    const { product, operator, world } = this;
    await this.between(10);
    world.heal();
    if (world.dangers.has("lost") || world.dangers.has("other database")) {
      await world.exchange();
      await product
        .export()
        .catch((error: unknown) => operator.stops.push(`export: ${String(error)}`));
      await this.between(10);
      world.heal();
    }
    return operator.run("export", () => product.export());
  }

  /** Drains the worker, or kills it while it writes a file. */
  private async endWorker(): Promise<void> {
    const { roughness } = this.world.writer;
    roughness.kills = this.world.dangers.has("kill") && this.worker !== undefined;
    for (let left = 20; roughness.kills && left > 0; left -= 1) await this.act();
    roughness.kills = false;
    await this.drainWorker();
  }

  private async purge(mode: Mode): Promise<void> {
    if (!this.world.dangers.has("purge") || this.random.next() > purges) return;
    await this.world.purge(mode, await this.stores[mode].runs(), this.random);
  }

  /** A service goes on while the product works; if it writes in pieces, at the same time. */
  private async duringStep(): Promise<void> {
    const going = this.interrupt();
    if (!this.world.dangers.has("in place")) await going;
  }

  override async act(): Promise<void> {
    await this.onVolume(() => super.act());
  }

  protected override async tick(service: StoreService): Promise<boolean> {
    const hadKill = this.world.writer.roughness.kills;
    // Only the worker is killed.
    this.world.writer.roughness.kills = hadKill && service === this.worker;
    const done = await super.tick(service);
    this.world.writer.roughness.kills = hadKill && this.world.writer.broken.size === 0;
    return done;
  }

  protected override fails(service: StoreService, error: unknown): void {
    if (error instanceof Killed) {
      this.world.isKilled = true;
      this.worker = undefined;
    } else super.fails(service, error);
  }

  private onVolume<T>(work: () => Promise<T>): Promise<T> {
    return this.world.surface.volume.onAnother(work);
  }
}
