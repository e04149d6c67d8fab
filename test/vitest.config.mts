import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { defineConfig } from "vitest/config";

const root = resolve(import.meta.dirname, "..");
const minute = 60_000;
const { XDG_CACHE_HOME: moved = "" } = process.env;

/**
 * Whole stacks on a real engine, which take more than half of the time, and long random tests. The rooms have only
 * one cutover of them.
 */
const cutover = "test/engine/cutover.test.ts";
const stacks = [
  "test/{engine,emergency}/**/*.test.ts",
  // Runs every example of the help on a stack.
  "test/cli/examples.test.ts",
  "test/stand-in/walk.test.ts",
  "test/transfer/kill.test.ts",
];

/** What the product is developed and tested with. */
const tools = ["test/{tools,workflows,kubelet,bench,sample,pool}/**/*.test.ts"];

/** Files share their modules, which are loaded once for each worker: that saves a fifth of a run's CPU. */
const sharing = {
  root,
  // So a test replaces a function by `vi.spyOn`, which reaches modules that are there already; `vi.mock` does not.
  isolate: false,
  setupFiles: ["test/restored.ts"],
  // A third of the time a test waits: for an engine, a server, a control plane. So three files keep
  // two cores busy. If all files have one server (test/pool), they have it one after the other.
  maxWorkers: process.env.TEST_MONGODB_URI ? 1 : 3,
  // For a test that hangs, not for one that is slow: both cores are busy.
  testTimeout: minute,
  hookTimeout: 2 * minute,
};

/** Apart from the others, because each needs what few machines have, or what is built for an hour at first. */
const rare = {
  root,
  isolate: true,
  maxWorkers: 1,
  testTimeout: 20 * minute,
  hookTimeout: 60 * minute,
};

export default defineConfig({
  root,
  // The durations of files are kept there, beside what is built: the longest begin first.
  cacheDir: join(moved === "" ? join(homedir(), ".cache") : moved, "taskrunner-storage"),
  test: {
    globalSetup: ["test/pool/setup.ts", "test/cli/setup.ts"],
    reporters: ["default", "./tools/vitest/summary.ts"],
    projects: [
      {
        test: {
          ...sharing,
          name: "rooms",
          include: ["test/**/*.test.ts"],
          exclude: [...stacks.with(0, "test/{engine,emergency}/**/!(cutover).test.ts"), ...tools],
        },
      },
      { test: { ...sharing, name: "stacks", include: stacks, exclude: [cutover] } },
      { test: { ...sharing, name: "tools", include: tools } },
      { test: { ...rare, name: "workflows", include: ["test/workflows/*/*.act.ts"] } },
      { test: { ...rare, name: "autoscalers", include: ["test/autoscalers/*.live.ts"] } },
      { test: { ...rare, name: "atlas", include: ["test/atlas/*.live.ts"] } },
      {
        test: {
          ...rare,
          name: "node",
          include: ["test/node/*.live.ts"],
          // Two nodes at a time: most of the time they are waited for.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
          // A node of two cores has enough to do with so many pods at a time.
          maxConcurrency: 3,
          testTimeout: 4 * minute,
        },
      },
    ],
  },
});
