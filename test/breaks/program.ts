import type { Break } from "./breaks";

/** Cluster, settings, the program's order, review, commands and policy. */
export const programBreaks: readonly Break[] = [
  {
    guarantee: "what is not MongoDB is refused by its name",
    file: "components/cluster/server/check.ts",
    find: "if (otherProduct) return",
    replace: "if (otherProduct && false) return",
    tests: ["test/cluster/requirements.test.ts > that is FerretDB is refused by its name"],
  },
  {
    guarantee: "a final pass follows each fence, in both directions",
    file: "components/transfer/steps/handover.ts",
    find: "if (state.fencedAt !== inputs.fencedAt) return true;",
    replace: "",
    tests: [
      "test/transfer/rollback.test.ts > a final pass follows each fence",
      "test/engine/interrupted.test.ts > goes back to files with MongoDB stopped",
    ],
  },
  {
    guarantee: "the final pass goes no further than web",
    file: "components/transfer/program.ts",
    find: "{ ...state, fencedAt, direction, takenOver }",
    replace: "{ ...state, fencedAt, takenOver }",
    tests: ["test/transfer/components.test.ts > no step after web goes past it"],
  },
  {
    guarantee: "log entries expire only after the verification of this cutover",
    file: "components/transfer/program.ts",
    find: '(cutover === mongo.cutover ? went : "back")',
    replace: "went",
    tests: ["test/transfer/components.test.ts > no step after web goes past it"],
  },
  {
    guarantee: "connection strings are secret in the state",
    file: "components/settings/program.ts",
    find: "uri === undefined ? undefined : pulumi.secret(uri)",
    replace: "uri === undefined ? undefined : pulumi.unsecret(uri)",
    tests: [
      "test/engine/cutover.test.ts > imports the state, then switches",
      "test/engine/cutover.test.ts > lets no password out",
    ],
  },
];
