import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, expect, it } from "vitest";
import { addFiles, run } from "../transfer/state";
import { commandsPerTest } from "./run";

const current = commandsPerTest();

/** Files, documents of a played service with another type, and settings that name both. */
beforeEach(async () => {
  const state = join(current.location, "forms");
  await addFiles(state, { "state/runs/done.json": JSON.stringify(run("done")) });
  const settings = { "x:storageMode": "mongo", "x:backfill": { source: { path: state } } };
  await writeFile(
    join(current.location, "Pulumi.forms.yaml"),
    JSON.stringify({ config: settings }),
  );
  const runs = current.db.collection<{ _id: string }>("pack_runs");
  const moment = new Date();
  const dates = { requestedAt: moment, createdAt: moment, updatedAt: moment };
  const played = (_id: string) => ({ ...run(_id, { planHash: 1 }), ...dates, _id });
  await runs.insertMany(["s-1", "s-2", "s-3"].map(played));
});

const output = async (...args: readonly string[]) =>
  (await current.run([...args, "--settings", "Pulumi.forms.yaml"])).stdout;

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
