import type { Break } from "./breaks";

/** A cluster that exists and that a stack takes over. */
export const takeOver: readonly Break[] = [
  {
    guarantee:
      "a cluster of Atlas is taken over, although the plugin takes an input at a creation only",
    file: "components/cluster/atlas/cluster.ts",
    find: '  "deleteOnCreateTimeout",\n',
    replace: "",
    tests: ["test/engine/atlas-taken-over.test.ts"],
  },
  {
    guarantee: "no default of ours changes a cluster of Atlas that is taken over",
    file: "components/settings/cluster/rules.ts",
    find: 'when: valueAt(["cluster", ...key.split(".")], values) === undefined',
    replace: "when: false",
    tests: ["test/settings/atlas.test.ts > name everything that a take-over would change"],
  },
  {
    guarantee: "nodes for analytics that a take-over would lose are refused by name",
    file: "components/cluster/atlas/check.ts",
    find: "return count === 0 || isKept ?",
    replace: "return count >= 0 || isKept ?",
    tests: ["test/cluster/atlas/take-over.test.ts"],
  },
  {
    guarantee: "a cluster that is taken over with changes is a change in the comment",
    file: "components/review/verdict.ts",
    find: '["change", "import"].includes(operation) &&',
    replace: '["change"].includes(operation) &&',
    tests: ["test/review/comment.test.ts > names what the take-over of a cluster changes"],
  },
];
