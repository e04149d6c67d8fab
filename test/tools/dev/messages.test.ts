import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { messagesIn } from "../../../tools/dev/messages";

/** What is left of these lines of the engine. */
async function shown(...lines: string[]): Promise<string[]> {
  const left: string[] = [];
  for await (const line of messagesIn(Readable.from(lines))) left.push(line);
  return left;
}

const stack = "pulumi:pulumi:Stack taskrunner-storage-dev";
const bulkPass = "pulumi-nodejs:dynamic/taskrunner:BulkPass taskrunner-bulk-pass";

test("resources have no rows, and each message comes once, in order, before the counts", async () => {
  const warning = "warning: Stop the worker before this rollback. [stop-worker]";
  expect(
    await shown(
      "Updating (dev):",
      "",
      ` ~  ${bulkPass} updating (0s) [diff: ~direction,files]`,
      `    ${stack} running Exported to .dev/taskrunner: nothing changed.`,
      ` ~  ${bulkPass} updated (1m5s) [diff: ~direction,files]`,
      ` +  ${stack} creating (14s) import: 698 files in 10 s`,
      ` ~  taskrunner:storage:Canary canary updated (0.05s) Canary left out. [canary-left-out]`,
      ` +- kubernetes:helm.sh/v3:Release taskrunner-worker replaced (1s) `,
      ` -  kubernetes:helm.sh/v3:Release taskrunner-web deleted (0s) [retain] `,
      `    taskrunner:storage:Web web  ${warning}`,
      `    ${stack}  3 messages`,
      "Diagnostics:",
      "  pulumi:pulumi:Stack (taskrunner-storage-dev):",
      "    Exported to .dev/taskrunner: nothing changed.",
      "    import: 698 files in 10 s",
      "",
      "  taskrunner:storage:Web (web):",
      `    ${warning}`,
      "",
      "Resources:",
      "    ~ 7 updated",
      "    38 unchanged",
      "",
      "Duration: 17s",
    ),
  ).toEqual([
    "Updating (dev):",
    "Exported to .dev/taskrunner: nothing changed.",
    "import: 698 files in 10 s",
    "Canary left out. [canary-left-out]",
    warning,
    "",
    "Resources:",
    "    ~ 7 updated",
    "    38 unchanged",
    "",
    "Duration: 17s",
  ]);
});

const failure = "error: MongoDB is unreachable. Nothing was changed.";

test("an error comes whole, below the name of its resource", async () => {
  expect(
    await shown(
      "Updating (dev):",
      ` ~  ${bulkPass} **updating failed** [diff: ~direction] ${failure}`,
      `    ${stack} running error: update failed`,
      `    ${stack} **failed** 1 error; 1 message`,
      "Diagnostics:",
      "  pulumi-nodejs:dynamic/taskrunner:BulkPass (taskrunner-bulk-pass):",
      `    ${failure}`,
      "      at its second line",
      "",
      "  pulumi:pulumi:Stack (taskrunner-storage-dev):",
      "    error: update failed",
      "",
      "Resources:",
      "    4 unchanged",
    ),
  ).toEqual([
    "Updating (dev):",
    "",
    "  pulumi-nodejs:dynamic/taskrunner:BulkPass (taskrunner-bulk-pass):",
    `    ${failure}`,
    "      at its second line",
    "",
    "  pulumi:pulumi:Stack (taskrunner-storage-dev):",
    "    error: update failed",
    "",
    "Resources:",
    "    4 unchanged",
  ]);
});

test("an error is not lost if the engine is killed", async () => {
  const rows = [` ~  ${bulkPass} **updating failed** ${failure}`];
  expect(await shown(...rows)).toEqual([failure]);
});
