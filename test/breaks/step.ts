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
    guarantee: "a step without a rollback connects to nothing on a rollback",
    file: "components/step/provider.ts",
    find: '(direction === "back" && step.back === undefined)',
    replace: '(direction === "back" && step.id === undefined)',
    tests: ["test/step/provider.test.ts"],
  },
  {
    guarantee: "a step that did not finish is applied again",
    file: "components/step/provider.ts",
    find: "if (!state.applied || turns) return true;",
    replace: "if (turns) return true;",
    tests: ["test/step/provider.test.ts"],
  },
  {
    guarantee: "a rotated password changes nothing in MongoDB",
    file: "components/step/provider.ts",
    find: "return differs || moves ||",
    replace: "return differs || isRotated(step, state as MongoInputs, inputs as MongoInputs) ||",
    tests: ["test/step/provider.test.ts > takes a rotated password"],
  },
  {
    guarantee: "a refresh that cannot connect keeps the state",
    file: "components/step/provider.ts",
    find: "if (!(error instanceof ConnectionError)) throw error;",
    replace: "throw error;",
    tests: ["test/step/provider.test.ts"],
  },
  {
    guarantee: "going to mongo again is a new cutover",
    file: "components/step/provider.ts",
    find: 'olds.direction !== "forward" && news.direction === "forward"',
    replace: "false",
    tests: ["test/step/cutover.test.ts"],
  },
  {
    guarantee: "a connection error does not show the password",
    file: "components/mongo/errors.ts",
    find: "${formatHosts(uri)}",
    replace: "${uri}",
    tests: ["test/cli/commands.test.ts > without the password"],
  },
  {
    guarantee: "destroying the stack drops nothing in MongoDB",
    file: "components/step/provider.ts",
    find: "    delete: () => Promise.resolve(),",
    replace:
      '    delete: async (_id, { uri = "", database = "" }: MongoInputs) => {\n      const { databaseAt } = await import("../mongo");\n      await (await databaseAt({ uri, database })).dropDatabase();\n    },',
    tests: ["test/step/provider.test.ts > is deleted without"],
  },
  {
    guarantee: "a step that began and did not finish is not applied",
    file: "components/step/provider.ts",
    find: "...recordTimes(), applied: false }",
    replace: "...timed(), applied: true }",
    tests: ["test/step/provider.test.ts"],
  },
  {
    guarantee: "reads and writes are safe whatever the connection string says",
    file: "components/mongo/client.ts",
    find: "      ...safety,\n",
    replace: "",
    tests: ["test/mongo/client.test.ts"],
  },
  {
    guarantee: "a step that goes on where it stopped keeps its beginning",
    file: "components/step/times.ts",
    find: "{ ...run, ...former }",
    replace: "{ ...former, ...run }",
    tests: ["test/step/times.test.ts > keep the beginning of a run"],
  },
  {
    guarantee: "a timeline has no moment of a former cutover",
    file: "components/timeline/timeline.ts",
    find: "at === undefined || at < last",
    replace: "at === undefined",
    tests: ["test/timeline/timeline.test.ts > takes no moment"],
  },
  {
    guarantee: "a killed engine leaves no provider at work",
    file: "components/step/engine.cjs",
    find: 'code === "ECONNREFUSED" && end()',
    replace: "code === port && end()",
    tests: ["test/engine/killed.test.ts > leaves no program and no provider at work"],
  },
];
