import type { Break } from "./breaks";

/** What a step is, and how it works on MongoDB. */
export const step: readonly Break[] = [
  {
    guarantee: "an election in the middle of a schema command does not end the migration",
    file: "components/mongo/server-trouble.ts",
    find: "return error instanceof Error && !(error instanceof MongoError) ? error.cause : error;",
    replace: "return error;",
    tests: ["test/migration/elections.test.ts > of each schema step of a cutover"],
  },
  {
    guarantee: "reads and writes are safe whatever the connection string says",
    file: "components/mongo/client.ts",
    find: "      ...safety,\n",
    replace: "",
    tests: ["test/mongo/client.test.ts"],
  },
  {
    guarantee: "a preview knows the results of a step whose state an earlier version wrote",
    file: "components/step/provider.ts",
    find: " || lacksAny(outs)",
    replace: "",
    tests: ["test/step/provider.test.ts > that an earlier version did not know"],
  },
  {
    guarantee: "a killed engine leaves no provider at work",
    file: "components/step/engine.cjs",
    // Either of its two ways is enough here: the pipes that close, and the address that refuses.
    find: "if (isWatching) return;",
    replace: "return;",
    tests: ["test/engine/killed.test.ts > leaves no program and no provider at work"],
  },
];
