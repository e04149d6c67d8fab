import type { Collection } from "mongodb";
import { join } from "node:path";
import { type CollectionRole, byRole } from "../../contract";
import { type Key, keyFields, keyOf } from "../../state";
import { documentIn } from "../documents";
import { KeyParts, type KeysApart, keysApart } from "../key-parts";

/**
 * Which keys are on both sides, for a verification that asks that both are equal: counts alone do
 * not tell, because a key may be on disk twice.
 */
export class ExactKeys {
  private readonly onDisk: Readonly<Record<CollectionRole, KeyParts>>;
  private attempts = 0;

  /** @param folder for their files */
  constructor(private readonly folder: string) {
    this.onDisk = byRole((role) => new KeyParts(join(folder, `${role}-disk`)));
  }

  /** Notes that a record on disk has a document of its key. */
  add(role: CollectionRole, key: Key): void {
    this.onDisk[role].add(key);
  }

  /** Compares with all that MongoDB has; may be called again where it failed. Names up to `most`. */
  async apart(collection: Collection, role: CollectionRole, most: number): Promise<KeysApart> {
    const inMongo = new KeyParts(join(this.folder, `${role}-mongo-${++this.attempts}`));
    for await (const key of keysOf(collection, role)) inMongo.add(key);
    return keysApart(this.onDisk[role], inMongo, most);
  }
}

/** So many keys are in a reply of the server. */
const replyKeys = 5_000;

/** All keys of a collection, in the order of their index, which has all that is asked for. */
async function* keysOf(collection: Collection, role: CollectionRole): AsyncGenerator<Key> {
  const sort = Object.fromEntries(keyFields(role).map((field) => [field, 1] as const));
  const projection = { _id: 0, ...sort };
  const found = collection.find({}, { projection, sort, raw: true, batchSize: replyKeys });
  for await (const raw of found) yield keyOf(role, documentIn(raw as unknown as Uint8Array));
}
