import { readFileSync } from "node:fs";
import { join } from "node:path";
import { controlPlane, engine, helm, repository } from "../../tools/parts";
import { checkerOf, checkOwn, mentionOf, type Problem } from "./programs";
import { settingExists } from "./settings";
import { commandsIn } from "./shell";

/** Of POSIX or of each shell, and Node.js. */
const utilities =
  "[ cat cd cp diff echo export grep ls mkdir mktemp mv node printf read rm sed sleep tail test true unset wc".split(
    " ",
  );

/** How the commands of programs begin that no test has. */
export const unchecked = [
  "argocd app set NAME --sync-policy none",
  "atlas clusters start NAME",
  "aws iam create-open-id-connect-provider",
  "aws iam update-role --role-name taskrunner-prod-up --max-session-duration 21600",
  "az ad app create --display-name taskrunner-prod-up",
  "az ad app federated-credential create --id APPLICATION",
  "az ad sp create --id APPLICATION",
  "curl",
  "docker buildx",
  "flux suspend helmrelease NAME",
  "gcloud iam service-accounts",
  "gcloud iam workload-identity-pools",
  "gh api",
  "gh secret set PULUMI_CONFIG_PASSPHRASE --env prod-up",
  "gh variable set",
  "jq",
  // Variables of Azure Pipelines, not commands.
  "Build.",
  "System.",
];

type Check = (words: readonly string[], isWhole: boolean) => Problem | Promise<Problem>;

/** Finds what is wrong with the commands of a page. */
export interface Checker {
  /** The programs whose commands are checked. */
  readonly programs: readonly string[];
  /** What a block of commands begins with. */
  readonly known: readonly string[];
  /**
   * One line for each command of a script that has a problem.
   *
   * @param isWhole whether the commands have to be complete; a sentence may leave out an option or its value
   */
  problemsOf(script: string, isWhole: boolean): Promise<string[]>;
}

/** A checker with the real programs. */
export async function makeChecker(): Promise<Checker> {
  const { path: PATH } = await engine();
  const { files } = await controlPlane();
  const pulumi = checkerOf({ file: "pulumi", env: { PATH, PULUMI_SKIP_UPDATE_CHECK: "true" } });
  const checks: Readonly<Record<string, Check>> = {
    "taskrunner-storage": checkOwn,
    npx: ([name = "", ...words], isWhole) =>
      name === "taskrunner-storage" ? checkOwn(words, isWhole) : `npx runs ${name}`,
    make: checkMake,
    pulumi: async (words, isWhole) => (await pulumi(words, isWhole)) ?? checkSetting(words),
    kubectl: checkerOf({ file: files.kubectl, common: "options" }),
    helm: checkerOf({ file: await helm() }),
    npm: mentionOf("npm", "--help"),
    git: mentionOf("git", "-h"),
  };
  const programs = Object.keys(checks);
  const others = unchecked.map((start) => start.split(" ")[0] ?? "");

  return {
    programs,
    known: [...programs, ...utilities, ...others],
    async problemsOf(script, isWhole) {
      const found: string[] = [];
      for (const [name = "", ...words] of commandsIn(script)) {
        const line = [name, ...words].join(" ");
        const isKnown =
          utilities.includes(name) || unchecked.some((start) => line.startsWith(start));
        const problem = isKnown
          ? undefined
          : await (checks[name] ?? (() => "nothing checks it"))(words, isWhole);
        if (problem !== undefined) found.push(`${line}: ${problem}`);
      }
      return found;
    },
  };
}

function checkMake(words: readonly string[]): Problem {
  const makefile = readFileSync(join(repository, "Makefile"), "utf8");
  const target = words.find((word) => !word.includes("=")) ?? "help";
  return makefile.includes(`\n${target}:`) ? undefined : `there is no target ${target}`;
}

/** The key of `pulumi config set` and the like is one of the settings. */
function checkSetting([config, verb = "", ...rest]: readonly string[]): Problem {
  if (config !== "config" || !["set", "get", "rm"].includes(verb)) return undefined;
  const key = rest.find((word) => !word.startsWith("-"));
  // A variable of the shell may be any key.
  const isFine = key === undefined || key.includes("$") || settingExists(key);
  return isFine ? undefined : `there is no setting ${key}`;
}
