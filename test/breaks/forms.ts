import type { Break } from "./breaks";

/** The check of forms. */
export const formBreaks: readonly Break[] = [
  {
    guarantee:
      "a cutover stops before the drain if the services write another form than the import",
    file: "components/transfer/steps/verify.ts",
    find: "if (reasons.length > 0) throw new Unfinished(reasons);\n  const second",
    replace: "const second",
    tests: ["test/transfer/forms/steps.test.ts > stops before the drain for another form"],
  },
  {
    guarantee: "the verification fails for another form although every record is in MongoDB",
    file: "components/transfer/steps/verify.ts",
    find: "[...apart, ...tellForms(forms, inputs, false)]",
    replace: "apart",
    tests: ["test/transfer/forms/steps.test.ts > fails the verification after the rollouts"],
  },
  {
    guarantee: "two documents with another form stop nothing",
    file: "components/transfer/forms/compare.ts",
    find: "const enoughDocuments = 3;",
    replace: "const enoughDocuments = 2;",
    tests: ["test/transfer/forms/compare.test.ts > two documents with another form"],
  },
  {
    guarantee: "the form of the import in one document of a service stops nothing",
    file: "components/transfer/forms/compare.ts",
    find: "!known.forms.has(form)",
    replace: "known.forms.size > 0",
    tests: ["test/transfer/forms/compare.test.ts > our form in one of many documents"],
  },
  {
    guarantee: "what a service did not change of an imported run does not count as its form",
    file: "components/transfer/forms/compare.ts",
    find: "|| areEqual(value, written)",
    replace: "",
    tests: ["test/transfer/forms/compare.test.ts > leaves out what a service did not change"],
  },
  {
    guarantee: "an imported run whose file changed since does not count as a service's",
    file: "components/transfer/forms/read.ts",
    find: '!record || hashOf("runs", record.document) !== agreed?.disk',
    replace: "!record || !agreed",
    tests: ["test/transfer/forms/read.test.ts > leaves out an imported run whose file changed"],
  },
  {
    guarantee: "dates in steps are dates in MongoDB if the services write dates",
    file: "components/transfer/forms/decide.ts",
    find: 'if (imported.form === "string" && theirs === "date") dates.add(name);',
    replace: "",
    tests: ["test/transfer/forms/dates.test.ts > are dates if the services write dates"],
  },
  {
    guarantee: "an import keeps the dates that an earlier one decided",
    file: "components/transfer/forms/decide.ts",
    find: "dates: kept?.dates ?? []",
    replace: "dates: []",
    tests: ["test/transfer/forms/dates.test.ts > and keeps what it decided"],
  },
  {
    guarantee: "a run that was imported before its dates were decided is converted again",
    file: "components/transfer/checkpoints.ts",
    find: "[forms.table, ...(forms.dates ?? [])]",
    replace: "[forms.table]",
    tests: ["test/transfer/forms/dates.test.ts > converts the steps again"],
  },
];
