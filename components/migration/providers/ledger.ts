import { briefReach, hostsInWords, onOwnConnection, sameDatabase } from "../../connection";
import { countCutoverByUri, mongoSide, type Applied } from "../../dynamic";
import { carryFences } from "../../ledger";
import { uriFacts } from "../../settings";
import { DataIssues } from "../errors";
import type { ClaimInputs, CompletionInputs } from "./inputs";
import { claim, complete, requireRecord } from "../ledger";
import { isFenced, recordMove, refusalOfMove, requireCopy, type Move } from "../move";
import { plan } from "../plan";
import { databaseOf, differsIn } from "./shared";

/** The record after the last claim: how new it was (ISO 8601, UTC), and which one it is. */
interface ClaimResults {
  readonly claimedAt: string;
  readonly identity: string;
}

/** A state in filesystem mode has no results yet. */
type ClaimState = Applied<ClaimInputs, Partial<ClaimResults>>;

type Counted = Pick<ClaimInputs, "cutover">;

/**
 * Looks for data issues, then claims the record: until here nothing was changed. The fences of a record
 * under another name come along. Another database is refused while the services work on the former
 * one, unless it is a copy (`MoveRefused`); a cutover that follows a way back may go to any.
 */
export const ledgerClaim = mongoSide<ClaimInputs, ClaimResults>({
  results: ["claimedAt", "identity"],
  id: ({ ledger }) => `${ledger}-claim`,
  check: countCutoverByUri,
  // Counted too, for the guard of the next move: by it a cutover that follows a way back is known.
  differs: (state, inputs) => isAnotherCutover(state, inputs) || asksForMore(state, inputs),
  foresee: async (state, inputs) => {
    const move = moveOf(state, inputs);
    const refusal = move && (await foreseen(inputs, move));
    return refusal === undefined ? [] : [`warning: \`pulumi up\` will stop here. ${refusal}`];
  },
  apply: async (inputs, state) => {
    const db = await databaseOf(inputs);
    const move = moveOf(state, inputs);
    if (move) await requireCopy(db, move);
    if (isSameAgain(state, inputs)) await requireRecord(db, inputs.ledger);
    if (inputs.onDataIssue === "fail") {
      const { issues } = await plan(db, inputs);
      if (issues.length > 0) throw new DataIssues(db.databaseName, issues);
    }
    const { at, identity } = await claim(db, inputs.ledger, inputs);
    if (state && state.ledger !== inputs.ledger) await carryFences(db, state.ledger, inputs.ledger);
    const isElsewhere = state?.applied && !sameDatabase(state, inputs);
    const claimedAt = isElsewhere ? await recordMove(db, inputs.ledger) : at;
    return { claimedAt: claimedAt.toISOString(), identity };
  },
});

const asksForMore = differsIn<ClaimInputs>("database", "ledger", "checksum", "stack");

const isAnotherCutover = (state: Counted, inputs: Counted) =>
  (state.cutover ?? 1) !== inputs.cutover;

/** Another cutover to what was claimed: the collections and indexes are not looked at again. */
function isSameAgain(state: ClaimState | undefined, inputs: ClaimInputs): boolean {
  if (!state?.applied || !isAnotherCutover(state, inputs)) return false;
  return sameDatabase(state, inputs) && state.ledger === inputs.ledger;
}

/** Undefined where it is the same database, or a cutover that follows a way back. */
function moveOf(state: ClaimState | undefined, inputs: ClaimInputs): Move | undefined {
  if (!state?.applied || sameDatabase(state, inputs)) return undefined;
  const { ledger, claimedAt: since, identity, uri = "", database = "" } = state;
  const { uri: to = "" } = inputs;
  // A preview may not know the connection string yet: then nothing is known of the other database.
  if (isAnotherCutover(state, inputs) || !uriFacts(to)) return undefined;
  const from = `database ${database} on ${hostsInWords(uri)}`;
  const isFormerUnused = () =>
    onOwnConnection(
      { uri, database },
      async (db) => !(await isFenced(db, ledger)),
      briefReach,
    ).catch(() => false);
  return { ledger, since, identity, from, to: hostsInWords(to), isFormerUnused };
}

/** What cannot be found out in a preview is said there by others, and by `up`. */
async function foreseen({ uri = "", database = "" }: ClaimInputs, move: Move) {
  return onOwnConnection({ uri, database }, (db) => refusalOfMove(db, move), briefReach).catch(
    () => undefined,
  );
}

/** Completes the record; `appliedAt` is in ISO 8601, UTC. */
export const ledgerCompletion = mongoSide<CompletionInputs, { appliedAt: string }>({
  results: ["appliedAt"],
  id: ({ ledger }) => ledger,
  differs: differsIn("database", "ledger", "checksum"),
  apply: async (inputs) => {
    const finished = await complete(await databaseOf(inputs), inputs.ledger, inputs.checksum);
    return { appliedAt: finished.toISOString() };
  },
});
