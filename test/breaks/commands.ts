import type { Break } from "./breaks";

const usage = (test: string) => [`test/cli/usage.test.ts > ${test}`];

/** What a person or a script relies on at the command line. */
export const commands: readonly Break[] = [
  {
    guarantee: "wrong usage ends with 64",
    file: "cli/errors.ts",
    find: "  if (isUsage) return wrongUsage;\n",
    replace: "",
    tests: usage("is wrong usage: 64"),
  },
  {
    guarantee: "a state directory is looked at before anything connects",
    file: "cli/import.ts",
    find: "    await requireReadable(sides);\n",
    replace: "",
    tests: usage("is wrong usage: 64"),
  },
  {
    guarantee: "commands on the settings file refuse an unknown setting",
    file: "cli/inputs.ts",
    find: "  await commandSettings({ file });\n",
    replace: "",
    tests: usage("refuses an unknown setting: 64"),
  },
  {
    guarantee: "an error is JSON for a script",
    file: "cli/errors.ts",
    find: "  if (asJson)\n",
    replace: "  if (!asJson)\n",
    tests: usage("with --json an error is one value, with its kind"),
  },
  {
    guarantee: "a command says at once where it connects to",
    file: "cli/connection.ts",
    find: "if (!quiet) console.error",
    replace: "if (quiet) console.error",
    tests: usage("says at once where it connects to"),
  },
  {
    guarantee: "--connect-timeout is how long a server is looked for",
    file: "cli/connection.ts",
    find: "(options.connectTimeout ?? seconds)",
    replace: "seconds",
    tests: usage("says at once where it connects to"),
  },
  {
    guarantee: "--quiet keeps the result",
    file: "cli/command.ts",
    find: "  console.log(json ?",
    replace: '  if (!process.argv.includes("--quiet")) console.log(json ?',
    tests: usage("the result stays with --quiet"),
  },
  {
    guarantee: "--uri-file wins over the environment",
    file: "cli/connection.ts",
    find: "if (uriFile !== undefined) {",
    replace: "if (uriFile !== undefined && !process.env.TASKRUNNER_MONGO_URI) {",
    tests: usage("comes before TASKRUNNER_MONGO_URI"),
  },
  {
    guarantee: "an example of the help runs as it stands",
    file: "cli/status.ts",
    find: "npx taskrunner-storage status --stack dev",
    replace: "npx taskrunner-storage status --stack prod",
    tests: ["test/cli/examples.test.ts > run as they stand"],
  },
];
