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
    find: "if (others.length === 0) return undefined;",
    replace: "if (others.length >= 0) return undefined;",
    tests: ["test/cluster/atlas/check.test.ts > refuses a take-over whose `compute`"],
  },
  {
    guarantee: "a region that the settings do not name is not lost by a take-over",
    file: "components/cluster/atlas/check.ts",
    find: "if (found.every((one, at) => one === named[at])) return undefined;",
    replace: "if (found.some((one, at) => one === named[at])) return undefined;",
    tests: ["test/cluster/atlas/check.test.ts > refuses to take over"],
  },
  {
    guarantee: "a cluster that is taken over with changes is a change in the comment",
    file: "components/review/verdict.ts",
    find: '["change", "import"].includes(operation) &&',
    replace: '["change"].includes(operation) &&',
    tests: ["test/review/comment.test.ts > names what the take-over of a cluster changes"],
  },
];
