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
    guarantee: "a rollback exports what web wrote where the cutover stopped before the final pass",
    file: "components/transfer/steps/handover.ts",
    find: 'if (inputs.direction === "back") return hasNewFence ||',
    replace: 'if (inputs.direction === "back") return',
    tests: ["test/engine/interrupted.test.ts > goes back to files with MongoDB stopped"],
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
