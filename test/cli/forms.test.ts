import { join } from "node:path";
import { execa } from "execa";
import { writeFile } from "node:fs/promises";
import { beforeEach, expect, it, vi } from "vitest";
import { addFiles, run } from "../transfer/state";
import { emptyDatabasePerTest } from "../server";
import { bundledCommands } from "./bundled";

// Each test starts several processes one after another.
vi.setConfig({ testTimeout: 120_000 });

const current = emptyDatabasePerTest();
const bin = bundledCommands();

/** Files, documents of a played service with another type, and settings that name both. */
beforeEach(async () => {
  const state = join(current.folder, "forms");
  await addFiles(state, { "state/runs/done.json": JSON.stringify(run("done")) });
  const settings = { "x:storageMode": "mongo", "x:backfill": { source: { path: state } } };
  await writeFile(join(current.folder, "Pulumi.forms.yaml"), JSON.stringify({ config: settings }));
  const runs = current.db.collection<{ _id: string }>("pack_runs");
  const moment = new Date();
  const dates = { requestedAt: moment, createdAt: moment, updatedAt: moment };
  const played = (_id: string) => ({ ...run(_id, { planHash: 1 }), ...dates, _id });
  await runs.insertMany(["s-1", "s-2", "s-3"].map(played));
});

async function output(...args: readonly string[]): Promise<string> {
  const env = { TASKRUNNER_MONGO_URI: `${current.server.uri}/${current.db.databaseName}` };
  const asked = [bin, ...args, "--settings", "Pulumi.forms.yaml"];
  return (await execa("node", asked, { env, cwd: current.folder, reject: false })).stdout;
}

it.each(["plan", "status", "verify"])(
  "%s compares the forms of the files with those of services, and names the hash that accepts them",
  async (command) => {
    const { forms } = JSON.parse(await output(command, "--json")) as {
      forms: { readonly hash: string };
    };
    expect(forms).toMatchObject({
      compared: { runs: 3, logs: 0 },
      differences: [
        {
          role: "runs",
          path: "planHash",
          imported: { form: "string", example: "done" },
          services: [{ form: "number", count: 3 }],
        },
      ],
    });
    const text = await output(command);
    expect(text).toContain("planHash of runs");
    expect(text).toContain(`advanced.acceptForms: "${forms.hash}"`);
  },
);
