import type { Break } from "./breaks";

/** Enumerations inside steps, as integers and as names. */
export const stepFormBreaks: readonly Break[] = [
  {
    guarantee: "integers in steps become names by the directory's own table",
    file: "components/state/records.ts",
    find: "convert(role, entry, forms)",
    replace: "convert(role, entry)",
    tests: [
      "test/transfer/step-forms.test.ts > integers in steps are names in MongoDB, with kinds from",
    ],
  },
  {
    guarantee: "a cutover stops before it writes names of which most steps say that they are wrong",
    file: "components/transfer/forms/decide.ts",
    find: "if (isContradicted(forms)) {",
    replace: "if (false) {",
    tests: ["test/transfer/step-forms.test.ts > that contradict the plans stop an import"],
  },
  {
    guarantee: "no table of integers is kept that no run showed",
    file: "components/state/step-forms.ts",
    find: "if (this.isEmpty) return undefined;",
    replace: "",
    tests: ["test/transfer/step-forms.test.ts > decides the table itself after a bulk pass"],
  },
  {
    guarantee: "a run that was imported by another table of integers is read again",
    file: "components/transfer/import/groups.ts",
    find: "own?.converter === converterOf(file) ? own : undefined",
    replace: "own",
    tests: ["test/transfer/step-forms.test.ts > imported by another table is read again"],
  },
  {
    guarantee: "a run that went on in MongoDB has integers in its file if it had them",
    file: "components/state/renew-steps.ts",
    find: 'forms.integers.includes(member) : typeof known === "number";',
    replace: "forms.integers.includes(member) : false;",
    tests: ["test/transfer/step-forms-export.test.ts > on disk changes there only as it did"],
  },
  {
    guarantee: "a new run has in its file the form of the directory's others",
    file: "components/state/form.ts",
    find: "const after = recordOf(role, document, forms);",
    replace: "const after = recordOf(role, document);",
    tests: ["test/transfer/step-forms-export.test.ts > follows the directory's other files"],
  },
  {
    guarantee: "an export adds nothing to a record that its file implies",
    file: "components/state/form.ts",
    find: "if (!areSame(property, implied.get(property), value)) renewed",
    replace: "renewed",
    tests: ["test/transfer/round-trip.property.test.ts > but what changed in MongoDB"],
  },
  {
    guarantee: "integers in files are integers again, in whatever form the rest is",
    file: "components/state/step-forms.ts",
    find: "if (integers.includes(member)) return at;",
    replace: "",
    tests: ["test/transfer/round-trip.property.test.ts > but what changed in MongoDB"],
  },
  {
    guarantee: "a log without numbers gets none by an export, in whatever form the rest is",
    file: "components/transfer/export/log.ts",
    find: 'if (isImplied) record.delete("sequence");',
    replace: "",
    tests: ["test/transfer/round-trip.property.test.ts > but what changed in MongoDB"],
  },
  {
    guarantee: "the fence keeps the forms of a directory that may be lost",
    file: "components/transfer/rollback/fence.ts",
    find: "...(forms && { forms })",
    replace: "",
    tests: ["test/transfer/step-forms-export.test.ts > that is lost comes back in the forms"],
  },
  {
    guarantee: "what an export wrote is equal also without what both sides agreed on",
    file: "components/transfer/merge.ts",
    find: "asOnDisk(role, document, disk.document, forms)",
    replace: "asOnDisk(role, document, {}, forms)",
    tests: ["test/transfer/step-forms-export.test.ts > on disk changes there only as it did"],
  },
];
