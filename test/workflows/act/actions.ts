import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { stringify } from "yaml";
import { repository } from "../../../tools/parts";
import { actionText, texts } from "../read";

/**
 * What the workflows' actions do on a runner of the platform, as far as this machine lacks it: a checkout
 * of the forge's repository, and an npm that asks no registry. Pulumi is on PATH.
 */
const actions: Readonly<Record<string, readonly string[]>> = {
  // Gitea has the head of a pull request, and no merge of it.
  "actions/checkout": [
    'git -c init.defaultBranch=main init --quiet . && git remote add origin "$REMOTE"',
    'test "$DEPTH" = 0 || depth="--depth=$DEPTH"',
    'git fetch --quiet $depth origin "${GITHUB_REF/%merge/head}"',
    'git checkout --quiet -B "$GITHUB_REF_NAME" FETCH_HEAD',
  ],
  "actions/setup-node": ['echo "$GITHUB_ACTION_PATH" >> "$GITHUB_PATH"'],
  "pulumi/actions": ["pulumi version"],
  // The site has no cloud: the workflows skip these.
  "pulumi/auth-actions": ["exit 1"],
  "aws-actions/configure-aws-credentials": ["exit 1"],
  "azure/login": ["exit 1"],
  "google-github-actions/auth": ["exit 1"],
  "google-github-actions/setup-gcloud": ["exit 1"],
};

/** Writes the actions below `folder`; gives what replaces each in act's words. */
export async function writeActions(folder: string): Promise<string[]> {
  const replaced: string[] = [];
  for (const [name, lines] of Object.entries(actions)) {
    const place = join(folder, name);
    await mkdir(place, { recursive: true });
    await writeFile(join(place, "action.yml"), stringify(actionOf(name, lines)));
    replaced.push(`${name}@${commitOf(name)}=${place}`);
  }
  await writeFile(join(folder, "actions/setup-node/npm"), await npmOfJobs(), { mode: 0o755 });
  return replaced;
}

/** The npm of a job: in a clone, the packages are those of this repository; elsewhere they are those of the lock file. */
async function npmOfJobs(): Promise<string> {
  const { stdout: npm } = await execa("sh", ["-c", "command -v npm"]);
  const link = `exec ln -s "${repository}/node_modules" node_modules`;
  return `#!/bin/sh\ntest -e components && ${link}\nexec "${npm}" "$@" --offline --install-links=false\n`;
}

function actionOf(name: string, lines: readonly string[]): object {
  const env = { DEPTH: "${{ inputs.fetch-depth }}" };
  return {
    name,
    description: name,
    inputs: { "fetch-depth": { description: "as the original", default: "1" } },
    runs: { using: "composite", steps: [{ run: lines.join("\n"), shell: "bash", env }] },
  };
}

/** The commit by which the workflows pin an action. */
function commitOf(name: string): string {
  const all = [...texts.values(), actionText].join("\n");
  const [, commit] = new RegExp(`uses: ${name}@([0-9a-f]{40})`).exec(all) ?? [];
  if (commit === undefined) throw new Error(`no workflow uses ${name}`);
  return commit;
}
