import { expect, it, vi } from "vitest";
import { wantedSchema } from "../../components/contract";
import {
  migrationCommand,
  migrationJob,
  type MigrationJobInputs,
} from "../../components/migration/providers/job";
import { wantedInWords } from "../../components/migration/resources/migration-job";
import { documentOptions } from "../contract/options";

const inputs: MigrationJobInputs = {
  job: {
    ...{ kubeconfig: "/nowhere", namespace: "apps", image: "commands:1", imagePullSecrets: [] },
    ...{ podAnnotations: {}, settings: "config: {}\n", parallelism: 1, stack: "project/stack" },
    ...{ secret: { name: "mongo", key: "uri" }, timeoutSeconds: 5 },
  },
  mode: "mongo",
  uri: "mongodb://user:one@h/d",
  ...{ database: "d", ledger: "schema_migrations", checksum: "a", collections: [], indexes: [] },
};
const done = { ...inputs, appliedAt: "2026-01-01T00:00:00.000Z", heldBack: "", applied: true };
const changes = async (state: object, news: object) =>
  (await migrationJob.diff("id", state, news)).changes;

it("runs again for another schema or server, where it is unfinished, or something was held back", async () => {
  expect(await changes(done, inputs)).toBe(false);
  expect(await changes(done, { ...inputs, job: { ...inputs.job, image: "commands:2" } })).toBe(
    false,
  );
  expect(await changes(done, { ...inputs, checksum: "b" })).toBe(true);
  expect(await changes(done, { ...inputs, uri: "mongodb://other/d" })).toBe(true);
  expect(await changes({ ...done, applied: false }, inputs)).toBe(true);
  expect(await changes({ ...done, heldBack: "The unique index" }, inputs)).toBe(true);
});

it("takes a rotated connection string into its state, and starts nothing", async () => {
  const news = { ...inputs, uri: "mongodb://user:two@h/d" };
  expect(await changes(done, news)).toBe(true);
  expect(await migrationJob.update("id", done, news)).toMatchObject({
    outs: { uri: news.uri, applied: true, appliedAt: done.appliedAt },
  });
});

it("in filesystem mode shows its change of mode alone, and no other", async () => {
  const files = { ...inputs, mode: "filesystem" as const };
  expect(await changes(done, files)).toBe(true);
  const unfinished = { ...done, mode: "filesystem", applied: false };
  expect(await changes(unfinished, { ...files, checksum: "b", uri: undefined })).toBe(false);
});

it("stops the Jobs of the other direction in a change of mode, to either mode", async () => {
  const files = { ...inputs, mode: "filesystem" as const };
  const reached = "kubeconfig /nowhere is of no use";
  await expect(migrationJob.update("id", done, files)).rejects.toThrow(reached);
  await expect(migrationJob.update("id", { ...done, mode: "filesystem" }, inputs)).rejects.toThrow(
    reached,
  );
});

it("lists in words what it makes, and so what a preview shows", () => {
  const { collections, indexes } = wantedInWords(wantedSchema(documentOptions));
  expect(collections).toContain("pack_run_logs, validator strict, error");
  expect(indexes).toContain(
    "pack_run_logs_run_sequence on pack_run_logs (runId:1, sequence:1), unique",
  );
});

it("a step that is not done is unfinished, with the reasons of its Job and without the secret", async () => {
  const failed = migrationJob.create(inputs);
  await expect(failed).rejects.toMatchObject({
    ...{ name: "UnfinishedStep", id: "migration-job", properties: { applied: false } },
    reasons: [expect.stringContaining("kubeconfig /nowhere is of no use") as string],
  });
  await expect(failed).rejects.not.toThrow("one@");
});

it("what was applied is not forgotten where the Job on another server fails", async () => {
  const moved = { ...inputs, uri: "mongodb://other/d" };
  const failed = (state: object) =>
    migrationJob.update("id", state, moved).catch((error: unknown) => error);
  const { appliedAt } = done;
  expect(await failed(done)).toMatchObject({ properties: { uri: inputs.uri, appliedAt } });
  const never = { ...done, appliedAt: "", applied: false, ledger: "former" };
  expect(await failed(never)).toMatchObject({
    properties: { uri: moved.uri, appliedAt: "", ledger: "former" },
  });
});

it("a Job that fails leaves what the engine can keep, also where the stack knows no connection string", async () => {
  const known = ([key]: [string, unknown]) => key !== "uri";
  const without = <Fields extends object>(fields: Fields) =>
    Object.fromEntries(Object.entries(fields).filter(known)) as Omit<Fields, "uri">;
  const news = without(inputs);
  const failures = [
    migrationJob.create(news),
    migrationJob.update("id", without(done), { ...news, checksum: "b" }),
  ].map((failure) => failure.catch((error: unknown) => error));
  for (const failed of await Promise.all(failures)) {
    const { properties } = failed as { properties: object };
    expect(Object.values(properties)).not.toContain(undefined);
  }
});

it("tells the Job what a copy is known by, and the former name of a ledger that is renamed", () => {
  const args = (news: object, state?: typeof done) =>
    migrationCommand({ ...inputs, ...news }, state).args.join(" ");
  expect(args({})).toBe("apply --json --stack stack");
  expect(args({ checksum: "b" }, done)).toBe("apply --json --stack stack");
  const moved = { uri: "mongodb://other/d" };
  const follows = `apply --json --stack stack --follows ${done.appliedAt}`;
  expect(args(moved, done)).toBe(follows);
  expect(args({ ledger: "renamed" }, done)).toMatch(/ --former-ledger schema_migrations$/);
  expect(args(moved, { ...done, identity: "one" } as typeof done)).toBe(
    `${follows} --identity one`,
  );
});

it("a preview says that the Job will look whether another database is a copy", async () => {
  const said = vi.spyOn(console, "log").mockImplementation(() => undefined);
  const moved = { ...inputs, uri: "mongodb://other/d" };
  await changes({ ...done, mode: "filesystem" }, moved);
  await changes(done, { ...inputs, uri: "mongodb://user:two@h/d" });
  expect(said).not.toHaveBeenCalled();
  await changes(done, moved);
  expect(said.mock.lastCall).toEqual([expect.stringMatching(/^warning: .*unless it is a copy/)]);
  said.mockRestore();
});
