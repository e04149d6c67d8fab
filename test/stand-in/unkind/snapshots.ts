import { cp, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Db, Document } from "mongodb";
import { defaultFolders } from "../../../components/contract";
import type { Random } from "../../../tools/sample/random";

/** Backups of both sides, from which one of them is restored while the services work on the other. */
export class Snapshots {
  private directories = 0;
  private readonly databases: ReadonlyMap<string, readonly Document[]>[] = [];

  constructor(
    private readonly root: string,
    private readonly database: Db,
  ) {}

  async takeDirectory(): Promise<void> {
    const copy = this.copyOf((this.directories += 1));
    await cp(this.root, copy, { recursive: true, preserveTimestamps: true });
  }

  /** Restores the state directory, or its runs alone, as some snapshot has them; says which. */
  async restoreDirectory(random: Random): Promise<string> {
    const number = random.between(1, this.directories);
    const copy = this.copyOf(number);
    const part = random.pick([".", defaultFolders.runs]);
    await rm(join(this.root, part), { recursive: true, force: true });
    const options = { recursive: true, preserveTimestamps: true };
    await cp(join(copy, part), join(this.root, part), options);
    return `${part} of snapshot ${number} of ${this.directories}`;
  }

  async takeDatabase(): Promise<void> {
    const found = new Map<string, readonly Document[]>();
    for (const { collectionName, namespace } of await this.database.collections()) {
      const all = this.database.collection(collectionName).find({}, { promoteValues: false });
      if (!namespace.includes(".system.")) found.set(collectionName, await all.toArray());
    }
    this.databases.push(found);
  }

  /** Restores the database as some snapshot has it; collections and indexes stay. Says which. */
  async restoreDatabase(random: Random): Promise<string> {
    const snapshot = random.pick(this.databases);
    for (const { collectionName } of await this.database.collections()) {
      const collection = this.database.collection(collectionName);
      const documents = snapshot.get(collectionName) ?? [];
      await collection.deleteMany({});
      if (documents.length > 0) await collection.insertMany([...documents]);
    }
    return `snapshot ${this.databases.indexOf(snapshot) + 1} of ${this.databases.length}`;
  }

  private readonly copyOf = (number: number) => `${this.root}.snapshot-${number}`;
}
