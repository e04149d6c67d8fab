/**
 * Which part of the project may know which: `make lint` holds it. A room of components knows only the
 * rooms above it in this list, through whatever file; nothing knows itself by a circle.
 */
const rooms = [
  "text",
  "contract",
  "settings",
  "mongo",
  "ledger",
  "kubernetes",
  "step",
  "state",
  "cluster",
  "migration",
  "transfer",
  "rollout",
  "review",
];

const room = (names) => `^components/(${names.join("|")})/`;

/** The layers of rollout in their order: folders, and files beside them. */
const rolloutLayers = [
  "(environment|placement|recovery|target).ts",
  "values/",
  "helm/",
  "services.ts",
  "pods/",
  "canary/",
  "update/",
  "(worker-drain|rollouts|provider|program|index).ts",
];

const rolloutLayer = (names) => `^components/rollout/(${names.join("|")})`;

/** One rule for each part: it knows none of those that follow it. */
const downwards = (parts, pathOf, what, prefix = "") =>
  parts.slice(0, -1).map((name, at) => ({
    name: `${prefix}${name}-knows-only-the-${what}-above`,
    severity: "error",
    from: { path: pathOf([name]) },
    to: { path: pathOf(parts.slice(at + 1)) },
  }));

/** Inner modules that tests may import, below the room: pure ones, of which the door shows what they make. */
const pureDoors = {
  settings: ["derived", "schema"],
  step: ["jobs/(answer|manifest)"],
  state: ["convert", "digests", "json", "number", "records", "step-(evidence|forms)", "unfinished"],
  cluster: ["atlas/check", "kubernetes/spec", "password"],
  // The planner observes a database, compares it and plans; elsewhere only its first part is used.
  migration: ["errors", "planner/.+"],
  transfer: [
    "describe/.+",
    "exact-types",
    "forms/compare",
    "merge",
    "pairs",
    "steps/outputs",
    "tally",
  ],
  rollout: [
    "environment",
    "helm/(checks|lost-values|rendered)",
    "pods/(argo|obstacles|refusal|workload)",
    "values/(files|variables)",
  ],
  // post is its second door, the one that sends something.
  review: ["post/(github|gitlab|index)", "safe/markdown"],
};

/** What tests import besides. It should become less: export it, or test it through the door. */
const innerModules = {
  step: ["jobs/run"],
  cluster: [
    "atlas/(cluster|users)",
    "kubernetes/(cluster|operator|ready)",
    "log-in",
    "server/(check|facts|findings)",
    "stack-reference",
  ],
  migration: [
    "execute",
    "issues/(data-issues|duplicate-keys)",
    "plan",
    "record",
    "schema-steps",
    "send",
  ],
  transfer: [
    "merge-bases",
    "checkpoints",
    "documents",
    "export/(export|unfinished)",
    "finished",
    "disk/(batches|file)",
    "import/guard",
    "rollback/(cutover-record|reach)",
    "steps/inputs",
    "updated",
  ],
  rollout: [
    "canary/(pod|verdict)",
    "helm/(chart|releases)",
    "pods/(decision|executors|paused)",
    "recovery",
    "update/cutover",
    "values/git",
  ],
};

const modules = (lists) =>
  Object.entries(lists).flatMap(([name, files]) =>
    files.map((file) => `^components/${name}/${file}\\.ts$`),
  );

export default {
  forbidden: [
    ...downwards(rooms, room, "rooms"),
    ...downwards(rolloutLayers, rolloutLayer, "layers", "rollout/"),
    {
      name: "transfer-and-rollout-apart",
      comment: "task-runner-storage.ts joins them.",
      severity: "error",
      from: { path: room(["rollout"]) },
      to: { path: room(["transfer", "migration", "cluster"]) },
    },
    {
      name: "review-knows-no-room-but-by-data",
      comment: "It reads the codes of findings, a preview's resources and what a plan says.",
      severity: "error",
      from: { path: room(["review"]) },
      to: {
        path: room(rooms.filter((name) => !["text", "contract", "step", "review"].includes(name))),
      },
    },
    {
      name: "every-room-is-in-the-list",
      severity: "error",
      from: {},
      to: {
        path: `^components/(?!(${rooms.join("|")}|node|program|provider|task-runner-storage|typescript|update-result)\\b)`,
      },
    },
    {
      name: "components-know-no-command-and-no-test",
      severity: "error",
      from: { path: "^components/" },
      to: { path: "^(cli|policy|test|tools)/" },
    },
    {
      name: "tests-come-through-the-door",
      comment: "Of a room, or of a folder inside of it.",
      severity: "error",
      from: { path: "^test/" },
      to: {
        path: "^components/[^/]+/",
        pathNot: [
          "/(index|program|provider)\\.ts$",
          ...modules(pureDoors),
          ...modules(innerModules),
        ],
      },
    },
    {
      name: "no-circle-of-files",
      severity: "error",
      from: { pathNot: "^(test|tools)/" },
      to: { circular: true },
    },
    {
      name: "no-circle-of-folders",
      comment: "Rooms, and the folders inside of each.",
      severity: "error",
      scope: "folder",
      from: { pathNot: "^(test|tools)(/|$)" },
      to: { circular: true },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
  },
};
