import { describe, expect, it } from "vitest";
import { buildSchema } from "../../components/contract";
import { documentOptions } from "./options";

describe("the wanted schema", () => {
  it("lists unique indexes first, then the others in the specification's order", () => {
    const { indexes } = buildSchema(documentOptions);

    expect(indexes.map(({ name }) => name)).toEqual([
      "pack_run_logs_run_sequence",
      "pack_artifacts_run_name",
      "pack_run_approvals_run_approval",
      "pack_runs_updatedAt_desc",
      "pack_runs_tenant_updatedAt_desc",
      "pack_run_logs_run_timestamp",
      "pack_run_logs_timestamp_ttl",
      "pack_artifacts_run",
      "pack_run_approvals_run_status",
    ]);
    expect(indexes.map(({ unique }) => unique).lastIndexOf(true)).toBe(2);
  });

  it("keeps the tenant index sparse until tenancy is enforced", () => {
    const sparse = (tenancy: "reserved" | "enforced") =>
      buildSchema({ ...documentOptions, tenancy })
        .indexes.filter((index) => index.sparse)
        .map(({ name }) => name);

    expect(sparse("reserved")).toEqual(["pack_runs_tenant_updatedAt_desc"]);
    expect(sparse("enforced")).toEqual([]);
  });

  it("takes names of a site's own", () => {
    const { collections, indexes } = buildSchema({
      ...documentOptions,
      collections: { ...documentOptions.collections, logs: "task_logs" },
    });

    expect(collections[1]?.name).toBe("task_logs");
    expect(indexes[0]).toMatchObject({ collection: "task_logs", name: "task_logs_run_sequence" });
    expect(indexes[5]).toMatchObject({ name: "task_logs_run_timestamp" });
  });

  it("takes a site's names of indexes by the default names, also in a renamed collection", () => {
    const { indexes } = buildSchema({
      ...documentOptions,
      collections: { ...documentOptions.collections, logs: "task_logs" },
      indexNames: { pack_run_logs_run_sequence: "IX_sequence", pack_artifacts_run: undefined },
    });

    const names = indexes.map(({ name }) => name);
    expect(indexes[0]).toMatchObject({ collection: "task_logs", name: "IX_sequence" });
    expect(names).toContain("task_logs_run_timestamp");
    expect(names).toContain("pack_artifacts_run");
  });

  it("leaves the approvals out where a site does not want them", () => {
    const { collections, indexes } = buildSchema({ ...documentOptions, approvals: false });

    expect(collections.map(({ role }) => role)).toEqual(["runs", "logs", "artifacts"]);
    expect(indexes.some(({ collection }) => collection === "pack_run_approvals")).toBe(false);
  });

  it("has no validators where validation is off", () => {
    const validation = { ...documentOptions.validation, enabled: false };
    const { collections } = buildSchema({ ...documentOptions, validation });

    expect(collections.map(({ validator }) => validator)).toEqual([{}, {}, {}, {}]);
  });
});
