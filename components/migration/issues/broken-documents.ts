import type { AggregateOptions, Db, Document } from "mongodb";
import {
  collections,
  describeRule,
  validatorOf,
  type Collection,
  type CollectionRole,
} from "../../contract";

/** Documents that break a strict validator. */
export interface BrokenDocuments {
  readonly kind: "broken documents";
  readonly collection: string;
  readonly documents: number;
  /** Each broken rule, with its field, the number of documents and three ids. */
  readonly rules: readonly {
    readonly field: string;
    readonly rule: string;
    readonly documents: number;
    readonly ids: readonly string[];
  }[];
}

const idsShown = 3;

interface Schema {
  readonly required: readonly string[];
  readonly properties: Readonly<Record<string, Document>>;
}

/**
 * The documents that break the contract's validator, by field and rule, in one pass; undefined if there are none.
 */
export async function findBrokenDocuments(
  db: Db,
  role: CollectionRole,
  collection: string,
  options: AggregateOptions,
): Promise<BrokenDocuments | undefined> {
  const contract = collections[role];
  const { $jsonSchema: schema } = validatorOf(contract) as { $jsonSchema: Schema };
  const [counted] = await db
    .collection(collection)
    .aggregate<Record<string, unknown>>(buildPipeline(schema), { allowDiskUse: true, ...options })
    .toArray();
  const total = count(counted?.total);
  if (total.documents === 0) return undefined;
  return {
    kind: "broken documents",
    collection,
    documents: total.documents,
    rules: rulesOf(contract, counted),
  };
}

function buildPipeline(schema: Schema): Document[] {
  const byField = Object.entries(schema.properties).map(([field, rule]) => {
    const required = schema.required.includes(field) ? { required: [field] } : {};
    return [`field_${field}`, [breaks({ ...required, properties: { [field]: rule } }), counting]];
  });
  const facets = Object.fromEntries([["total", [counting]], ...byField]) as Document;
  return [breaks(schema), { $facet: facets }];
}

const breaks = (schema: object): Document => ({ $match: { $nor: [{ $jsonSchema: schema }] } });

const counting: Document = {
  $group: { _id: null, documents: { $sum: 1 }, ids: { $firstN: { input: "$_id", n: idsShown } } },
};

function rulesOf(
  contract: Collection,
  counted: Record<string, unknown> | undefined,
): BrokenDocuments["rules"] {
  return Object.entries(contract.fields)
    .map(([field, rule]) => ({
      field,
      rule: describeRule(rule),
      ...count(counted?.[`field_${field}`]),
    }))
    .filter(({ documents }) => documents > 0);
}

function count(facet: unknown): { documents: number; ids: string[] } {
  const [group] = (facet ?? []) as { documents: number; ids: unknown[] }[];
  return { documents: group?.documents ?? 0, ids: (group?.ids ?? []).map(String) };
}
