/**
 * Which part of the project may know which: `make lint` holds it. A room of components knows only the
 * rooms above it in this list, through whatever file; nothing knows itself by a circle.
 */
const rooms = [
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

const downwards = rooms.slice(0, -1).map((name, at) => ({
  name: `${name}-knows-only-the-rooms-above`,
  severity: "error",
  from: { path: room([name]) },
  to: { path: room(rooms.slice(at + 1)) },
}));

export default {
  forbidden: [
    ...downwards,
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
      to: { path: room(rooms.filter((name) => !["contract", "step", "review"].includes(name))) },
    },
    {
      name: "every-room-is-in-the-list",
      severity: "error",
      from: {},
      to: {
        path: `^components/(?!(${rooms.join("|")}|node|program|provider|task-runner-storage|typescript)\\b)`,
      },
    },
    {
      name: "components-know-no-command-and-no-test",
      severity: "error",
      from: { path: "^components/" },
      to: { path: "^(cli|policy|test|tools)/" },
    },
    { name: "no-circle-of-files", severity: "error", from: {}, to: { circular: true } },
    {
      name: "no-circle-of-folders",
      comment: "Rooms, and the folders inside of each.",
      severity: "error",
      scope: "folder",
      from: {},
      to: { circular: true },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
  },
};
