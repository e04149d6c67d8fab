import fc from "fast-check";
import { type Db } from "mongodb";
import { expect, it } from "vitest";
import { buildSchema, type SchemaOptions } from "../../components/contract";
import { toCommands } from "../../components/migration/planner/commands";
import { diff } from "../../components/migration/planner/diff";
import { reconcile } from "../../components/migration/execute";
import type { Executed } from "../../components/migration/planner/change";
import { observe } from "../../components/migration/planner/observe";
import { documentOptions } from "../contract/options";
import { asMongo } from "./as-mongo";
import { serverForTests } from "../server";

const current = serverForTests();

const options: fc.Arbitrary<SchemaOptions> = fc.record({
  collections: fc.constant(documentOptions.collections),
  validation: fc.record({
    enabled: fc.boolean(),
    level: fc.constantFrom("strict" as const, "moderate" as const),
    action: fc.constantFrom("error" as const, "warn" as const),
  }),
  approvals: fc.boolean(),
  tenancy: fc.constantFrom("reserved" as const, "enforced" as const),
});

const ours = buildSchema(documentOptions).indexes;
type Spec = Record<string, unknown>;

/** One of our indexes as somebody else might have made it. */
const someIndex = fc
  .record({
    index: fc.constantFrom(...ours),
    name: fc.constantFrom("ours", "ours", "theirs", "bridge"),
    key: fc.constantFrom("same", "same", "turned", "other"),
    options: fc.constantFrom<Spec>(
      {},
      { unique: true },
      { sparse: true },
      { unique: true, sparse: true },
      { partialFilterExpression: { runId: { $exists: true } } },
      { collation: { locale: "en", strength: 2 } },
      { prepareUnique: true },
    ),
  })
  .map(({ index, name, key, options: made }) => {
    const names = {
      ours: index.name,
      theirs: `theirs_${index.name}`,
      bridge: `${index.name}_bridge`,
    };
    const entries = {
      same: index.key,
      turned: Object.fromEntries(Object.entries(index.key).reverse()),
      other: { x: 1 },
    };
    const spec: Spec = { key: entries[key], name: names[name], ...made };
    return { collection: index.collection, spec };
  });

/** A state as another site or another version left it: one made by `before`, and indexes by hand. */
const state = fc.record({
  before: fc.option(options, { freq: 2 }),
  byHand: fc.array(someIndex, { maxLength: 6 }),
});

/** A bridge that is unique already beside its index that is not: found once in thousands of cases. */
const leftBridge: State = {
  before: null,
  byHand: ["pack_run_logs_run_sequence_bridge", "pack_run_logs_run_sequence"].map((name) => ({
    collection: "pack_run_logs",
    spec: {
      key: { runId: 1, sequence: 1 },
      name,
      ...(name.endsWith("bridge") && { unique: true }),
    },
  })),
};

/** Our index under another name: a hundred cases do not always meet one. */
const otherName: State = {
  before: null,
  byHand: ours.slice(0, 1).map(({ collection, name, key, unique }) => ({
    collection,
    spec: { key, name: `theirs_${name}`, unique },
  })),
};

async function make(db: Db, { before, byHand }: State) {
  for (const { collection, spec } of byHand) {
    const command = { createIndexes: collection, indexes: [spec] };
    // Some of these contradict each other, and then the current.server keeps the first.
    await db.command(command).catch((error: unknown) => error);
  }
  if (before) await reconcile(db, buildSchema(before), () => Promise.resolve());
}
interface State {
  readonly before: SchemaOptions | null;
  readonly byHand: readonly { collection: string; spec: Spec }[];
}

it("applying the plan leaves nothing to plan, and executes the commands that it printed", async () => {
  let databases = 0;
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(state, options, async (found, wantedOptions) => {
      const db = asMongo(current.client.db(`planner_${++databases}`));
      await make(db, found);
      const wanted = buildSchema(wantedOptions);
      const changes = diff(wanted, await observe(db));
      changes.forEach(({ kind }) => seen.add(kind));
      const planned = changes.flatMap(toCommands);

      const executed: Executed[] = [];
      await reconcile(db, wanted, (one) => {
        executed.push(one);
        return Promise.resolve();
      });

      expect(executed.map(({ command }) => command)).toEqual(planned);
      expect(diff(wanted, await observe(db)).flatMap(toCommands)).toEqual([]);
      await db.dropDatabase();
    }),
    { numRuns: 100, examples: [leftBridge, otherName].map((found) => [found, documentOptions]) },
  );
  expect([...seen].sort()).toEqual([
    "adopt index",
    "create collection",
    "create index",
    "modify index",
    "modify validator",
    "replace index",
  ]);
});
