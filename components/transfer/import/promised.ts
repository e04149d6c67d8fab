import { join } from "node:path";
import { type CollectionRole, byRole, collectionRoles } from "../../contract";
import {
  type Conversion,
  type Key,
  type Place,
  type ReadyRecord,
  Refusal,
  hashOf,
  placeInWords,
} from "../../state";
import { KeyParts, inKeyFolder, partNumbers } from "../key-parts";

/** What is kept of a record that a dry run would insert. */
interface Promised {
  readonly key: Key;
  readonly hash: string;
  readonly place: Place;
  readonly conversions: readonly Conversion[];
}

/** A record that repeats the key of one that came first; with another content it is refused. */
export interface PromisedTwice {
  readonly role: CollectionRole;
  readonly place: Place;
  readonly conversions: ReadonlySet<Conversion>;
  readonly refusal: Refusal | undefined;
}

/**
 * The records that a dry run would insert. It writes nothing, so a later batch does not find what
 * an earlier one would have brought: which of them have one key is told at the end.
 */
export class PromisedInserts {
  private readonly parts: Readonly<Record<CollectionRole, KeyParts>>;

  private constructor(folder: string) {
    this.parts = byRole((role) => new KeyParts(join(folder, role)));
  }

  /**
   * Does work with records in a new folder, which goes with it.
   *
   * @throws KeysError where there is no room for them
   */
  static during<T>(work: (promised: PromisedInserts) => Promise<T>): Promise<T> {
    return inKeyFolder((folder) => work(new PromisedInserts(folder)));
  }

  add({ role, key, document, place, conversions }: ReadyRecord): void {
    const hash = hashOf(role, document);
    const promised: Promised = { key, hash, place, conversions: [...conversions] };
    this.parts[role].add(key, promised);
  }

  /** The records that an import would not insert, because one of the same key came first. */
  *repeats(): Generator<PromisedTwice> {
    for (const role of collectionRoles) {
      for (const part of partNumbers) yield* repeatsIn(role, this.parts[role].textsIn(part));
    }
  }
}

function* repeatsIn(role: CollectionRole, texts: readonly string[]): Generator<PromisedTwice> {
  const firsts = new Map<Key, Promised>();
  for (const text of texts) {
    const one = JSON.parse(text) as Promised;
    const first = firsts.get(one.key);
    if (!first) firsts.set(one.key, one);
    else {
      const { place, conversions } = one;
      const refusal = first.hash === one.hash ? undefined : sameKey(first.place);
      yield { role, place, conversions: new Set(conversions), refusal };
    }
  }
}

function sameKey(first: Place): Refusal {
  const detail = `${placeInWords(first)} has the same key and another content`;
  return new Refusal("conflict", detail, first);
}
