/** A module whose answers follow from its arguments, with the tests that must notice a change of it. */
interface PureModule {
  readonly files: RegExp;
  readonly tests: readonly string[];
}

/** None of these tests needs a server. */
export const pureModules: readonly PureModule[] = [
  { files: /^components\/contract\/text\.ts$/, tests: ["test/contract/text.test.ts"] },
  {
    files: /^components\/migration\/planner\/(?!observe)/,
    tests: ["diff", "commands", "index-changes"].map((name) => `test/migration/${name}.test.ts`),
  },
  { files: /^components\/transfer\/merge\.ts$/, tests: ["test/transfer/merge.test.ts"] },
  {
    files: /^components\/state\/(convert|check|json)\.ts$/,
    tests: ["test/state/"],
  },
  {
    files: /^components\/settings\/(?!program|file|load|kubeconfig|index)/,
    tests: ["test/settings/"],
  },
  {
    files: /^components\/rollout\/environment\.ts$/,
    tests: ["test/rollout/environment.test.ts"],
  },
  {
    files: /^components\/review\/safe\//,
    tests: ["test/review/secrets.test.ts", "test/review/markdown.test.ts"],
  },
];

/** The tests of a pure module's file; undefined for any other file. */
export function testsOfPure(file: string): readonly string[] | undefined {
  return pureModules.find(({ files }) => files.test(file))?.tests;
}
