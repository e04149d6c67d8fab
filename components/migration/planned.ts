import { type SchemaOptions, buildSchema } from "../contract";
import { addressIn, databaseAt, previewTimeout } from "../mongo";
import { type MongoInputs, unknownValue } from "../step";
import { formatCount } from "../text";
import { compareSchema } from "./plan";
import { diffExpiry } from "./planner/diff";
import { observe } from "./planner/observe";
import { describeChanges } from "./planner/summary";
import type { MigrationInputs } from "./step-inputs";

/** Describes the changes of all collections and indexes before they run; undefined if there are none. */
export async function describeSchema({
  schema,
  ...inputs
}: MigrationInputs & { readonly schema: SchemaOptions }): Promise<string | undefined> {
  const wanted = buildSchema(schema);
  const { collections, indexes } = wanted;
  const all = `${formatCount(collections.length, "collection")} and ${formatCount(indexes.length, "index")}`;
  if (inputs.job) return `Create what is missing of ${all}, by a Job.`;
  const db = await databaseInPreview(inputs);
  if (!db) return `Create what is missing of ${all}; this preview cannot read MongoDB.`;
  return describeChanges(await compareSchema(db, wanted), db.databaseName);
}

/** Describes whether an expiry of log entries is suspended; undefined if there is none. */
export async function describeSuspension(
  inputs: MigrationInputs & { readonly collection: string },
): Promise<string | undefined> {
  const { collection, job } = inputs;
  const db = job ? undefined : await databaseInPreview(inputs);
  if (!db) return undefined;
  const changes = diffExpiry(collection, 0, await observe(db, [collection]));
  if (changes.length === 0) return undefined;
  return `Suspend the expiry of log entries in ${collection}, so that the import loses none.`;
}

/** When servers did not answer, by their connection strings. */
const unanswered = new Map<string, number>();

/** Notes that a server did not answer, so that the descriptions of a preview do not wait for it. */
export function noteUnanswered({ uri = "" }: MongoInputs): void {
  unanswered.set(uri, Date.now());
}

/** The steps of one preview do not wait again for a server that did not answer within this time, in ms. */
const askAgainMs = 10_000;

/** The database of a step; undefined if a preview does not know it, or cannot connect. */
async function databaseInPreview(inputs: MongoInputs) {
  const address = addressIn(inputs);
  const { uri } = address;
  if (uri === unknownValue || Date.now() - (unanswered.get(uri) ?? 0) < askAgainMs)
    return undefined;
  try {
    return await databaseAt(address, previewTimeout);
  } catch {
    noteUnanswered(inputs);
    return undefined;
  }
}
