import { setTimeout as sleep } from "node:timers/promises";
import * as pulumi from "@pulumi/pulumi";
import { beforeAll, expect, it } from "vitest";
import { PackRunMigration } from "../../components/migration/program";
import { documentOptions } from "../contract/options";

/** In the order in which they are done. */
const registered: pulumi.runtime.MockResourceArgs[] = [];

/** What others must wait for takes time, so that one that does not wait comes before it. */
const isSlow = ({ type, inputs }: pulumi.runtime.MockResourceArgs) =>
  type.endsWith("/mongo:LedgerClaim") || (inputs as { unique?: boolean }).unique === true;

beforeAll(async () => {
  await pulumi.runtime.setMocks({
    call: ({ inputs }) => inputs as Record<string, unknown>,
    newResource: async (args) => {
      if (isSlow(args)) await sleep(50);
      registered.push(args);
      return { id: args.name, state: args.inputs as Record<string, unknown> };
    },
  });
  const migration = new PackRunMigration("migration", {
    uri: pulumi.secret("mongodb://127.0.0.1/taskrunner"),
    database: "taskrunner",
    schema: documentOptions,
    ledger: "schema_migrations",
    adopt: false,
    onDataIssue: "fail",
    toolVersion: "1.0.0",
  });
  await new Promise((resolve) => void migration.appliedAt.apply(resolve));
});

const namesOf = (kind: string) =>
  registered.filter(({ type }) => type.endsWith(`/mongo:${kind}`)).map(({ name }) => name);

it("registers a resource for each collection, each index, the claim and the completion", () => {
  expect(namesOf("Collection").sort()).toEqual([
    "pack_artifacts",
    "pack_run_approvals",
    "pack_run_logs",
    "pack_runs",
  ]);
  expect(namesOf("Index")).toHaveLength(9);
  expect(namesOf("LedgerClaim")).toEqual(["ledger-claim"]);
  expect(namesOf("LedgerCompletion")).toEqual(["ledger"]);
});

it("claims first and completes last; unique indexes come before the others", () => {
  const order = registered.map(({ name }) => name);
  const at = (name: string) => order.indexOf(name);

  expect(at("ledger-claim")).toBeLessThan(at("pack_runs"));
  expect(at("pack_run_logs_run_sequence")).toBeGreaterThan(at("pack_artifacts"));
  expect(at("pack_run_logs_run_sequence")).toBeLessThan(at("pack_runs_updatedAt_desc"));
  expect(at("ledger")).toBe(order.length - 1);
});

it("gives a key as text in its order", () => {
  const index = registered.find(({ name }) => name === "pack_run_logs_run_sequence");

  expect(index?.inputs).toMatchObject({ key: "runId:1, sequence:1", unique: true, sparse: false });
});

it("serialises a shim and nothing of the logic", () => {
  const texts = new Set(
    registered
      .filter(({ type }) => type.endsWith("/mongo:Index"))
      .map(({ inputs }) => (inputs as { __provider: string }).__provider),
  );

  expect(texts.size).toBe(1);
  const [text = ""] = texts;
  expect(text).toContain("components/migration/provider.ts");
  expect(text).not.toMatch(/createIndexes|collMod|mongodb/);
});
