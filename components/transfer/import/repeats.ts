import { type ReadyRecord, Refusal, describePlace, differingPaths } from "../../state";
import type { Outcome } from "../tally";

/** A record whose key an earlier record of its batch has too. */
export interface Repeat {
  readonly record: ReadyRecord;
  readonly first: ReadyRecord;
}

/** Parts records into those whose key comes first and those that repeat one. */
export function firstsAndRepeats(records: readonly ReadyRecord[]): {
  firsts: readonly ReadyRecord[];
  repeats: readonly Repeat[];
} {
  const byKey = new Map<string, ReadyRecord>();
  const repeats: Repeat[] = [];
  for (const record of records) {
    const first = byKey.get(keyWithRole(record));
    if (first) repeats.push({ record, first });
    else byKey.set(keyWithRole(record), record);
  }
  return { firsts: repeats.length === 0 ? records : [...byKey.values()], repeats };
}

const keyWithRole = ({ role, key }: ReadyRecord) => `${role}\0${key}`;

/** What becomes of a repeat: with the first one's content it shares its outcome. */
export function* settleRepeats(
  repeats: readonly Repeat[],
  settled: ReadonlyMap<ReadyRecord, Outcome | Refusal>,
): Generator<readonly [ReadyRecord, Outcome | Refusal]> {
  for (const { record, first } of repeats) {
    const outcome = settled.get(first);
    const refusal = refusalOf(record, first);
    yield [record, refusal ?? (outcome instanceof Refusal ? outcome : "unchanged")];
  }
}

/** Why a repeat is left out: it has another content than the first one of its key. */
function refusalOf({ role, document }: ReadyRecord, first: ReadyRecord): Refusal | undefined {
  const paths = differingPaths(role, document, first.document);
  if (paths.length === 0) return undefined;
  const detail = `${describePlace(first.place)} has the same key and different content: `;
  return new Refusal("conflict", detail + paths.join(", "), first.place);
}
