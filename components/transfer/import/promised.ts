import { join } from "node:path";
import { type CollectionRole, byRole, collectionRoles } from "../../contract";
import {
  type Conversion,
  type Key,
  type Place,
  type ReadyRecord,
  Refusal,
  hashOf,
  isUnfinished,
  describePlace,
} from "../../state";
import type { Tally } from "../tally";
import { KeyParts, partNumbers } from "../key-parts";

/** What is kept of a record that a dry run would insert. */
interface Promised {
  readonly key: Key;
  readonly hash: string;
  readonly place: Place;
  readonly conversions: readonly Conversion[];
  /** Whether it is a run that may still execute steps. */
  readonly mayExecute: boolean;
}

/**
 * The records that a dry run would insert. It writes nothing, so a later batch does not find what
 * an earlier one would have brought: which of them have one key is told at the end.
 */
export class PromisedInserts {
  private readonly parts: Readonly<Record<CollectionRole, KeyParts>>;

  /** @param folder for their files */
  constructor(folder: string) {
    this.parts = byRole((role) => new KeyParts(join(folder, role)));
  }

  add({ role, key, document, place, conversions }: ReadyRecord): void {
    const hash = hashOf(role, document);
    const mayExecute = role === "runs" && isUnfinished(document);
    const kept = { key, hash, place, conversions: [...conversions], mayExecute };
    this.parts[role].add(key, kept satisfies Promised);
  }

  /** Counts what becomes of them: of records with one key the first is inserted. */
  settle(tally: Tally): void {
    for (const role of collectionRoles) {
      for (const part of partNumbers) settlePart(tally, role, this.parts[role].textsIn(part));
    }
  }
}

function settlePart(tally: Tally, role: CollectionRole, texts: readonly string[]): void {
  const firsts = new Map<Key, Promised>();
  for (const text of texts) {
    const one = JSON.parse(text) as Promised;
    const { key, hash, place, mayExecute } = one;
    const first = firsts.get(key);
    if (first && first.hash !== hash) {
      const detail = `${describePlace(first.place)} has the same key and different content`;
      const refusal = new Refusal("conflict", detail, first.place);
      tally.refuse(role, place, refusal, undefined, mayExecute);
    } else {
      const outcome = first ? "unchanged" : "inserted";
      tally.settle(role, outcome, new Set(one.conversions), mayExecute);
    }
    if (!first) firsts.set(key, one);
  }
}
