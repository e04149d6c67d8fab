import type { Break } from "./breaks";

const killed = "test/transfer/killed-beside.test.ts";

/** Several imports or exports at the same time, of which one may be killed. */
export const writerBreaks: readonly Break[] = [
  {
    guarantee: "a killed writer's announcement is known beside those of others",
    file: "components/transfer/bases.ts",
    find: "update: { $addToSet: { next: announce(bases, to, record) } },",
    replace: "update: { $set: { next: [announce(bases, to, record)] } },",
    tests: [`${killed} > a killed export beside`, `${killed} > a killed import of`],
  },
  {
    guarantee: "a writer withdraws its own announcement only",
    file: "components/transfer/bases.ts",
    find: 'writer: randomBytes(6).toString("hex")',
    replace: 'writer: ""',
    tests: [`${killed} > a killed export beside`],
  },
  {
    guarantee: "announcements of killed writers do not add up",
    file: "components/transfer/bases.ts",
    find: "{ $or: [isDone, isLate] }",
    replace: "isDone",
    tests: [`${killed} > are gone after the next one`],
  },
  {
    guarantee: "who writes nothing leaves the announcement of a writer at work",
    file: "components/transfer/bases.ts",
    find: "{ $and: [isOurs, { $in: [",
    replace: "{ $and: [true, { $in: [",
    tests: [`${killed} > leaves the announcement of one at work`],
  },
  {
    guarantee: "of different insertions that were announced none counts by itself",
    file: "components/transfer/bases.ts",
    find: "last?.isNew === true && areSame",
    replace: "last?.isNew === true",
    tests: ["test/transfer/merge.test.ts > of different insertions that were announced"],
  },
  {
    guarantee: "a run whose first export was killed has a base after the next one",
    file: "components/transfer/export/file.ts",
    find: "(!disk && base?.agreed)",
    replace: "(!disk && base)",
    tests: [`${killed} > killed before its first write of a run`],
  },
];
