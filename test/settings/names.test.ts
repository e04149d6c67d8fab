import { expect, it } from "vitest";
import { describeProblems, dev } from "./problems";

it("names of collections are distinct", () => {
  expect(describeProblems({ ...dev, advanced: { ledger: "pack_runs" } })).toMatch(
    /advanced\.ledger: found "pack_runs"; .*mongo\.collections\.runs/,
  );
});

it("names of further collections differ from each other and from all others", () => {
  const extra = (...extraCollections: unknown[]) =>
    describeProblems({ ...dev, mongo: { extraCollections } });
  expect(extra("pack_run_provenance", "pack_run_notes")).toBe("no problem");
  expect(extra("a", "a")).toMatch(/extraCollections\.1: found "a"; .*extraCollections\.0/);
  for (const name of ["pack_runs", "schema_migrations", "pack_run_backfill"]) {
    expect(extra("a", name)).toContain(`: found "${name}"; allowed: a name that differs`);
  }
  expect(extra("system.views")).toContain("mongo.extraCollections.0: found");
});

it("names of indexes are those of the contract, and differ within a collection", () => {
  const named = (indexNames: object) => describeProblems({ ...dev, mongo: { indexNames } });
  const both = { pack_runs_updatedAt_desc: "IX_1", pack_artifacts_run: "IX_1" };
  expect(named(both)).toBe("no problem");
  expect(named({ pack_runs_updatedAt: "IX_1" })).toMatch(
    /indexNames\.pack_runs_updatedAt: found an unknown setting; .* pack_runs_updatedAt_desc/,
  );
  expect(named({ ...both, pack_artifacts_run_name: "IX_1" })).toMatch(
    /indexNames\.pack_artifacts_run: found "IX_1"; .* pack_artifacts_run_name's/,
  );
  const other = "pack_runs_tenant_updatedAt_desc";
  expect(named({ pack_runs_updatedAt_desc: other })).toContain(
    `mongo.indexNames.pack_runs_updatedAt_desc: found "${other}"; allowed: a name that differs`,
  );
  expect(named({ pack_runs_updatedAt_desc: other, [other]: "IX_2" })).toBe("no problem");
});

it.each(["*", "_id_", "", "a\0", "IX_1_bridge", 5, null])(
  "names that are no index's are refused: %j",
  (name) => {
    const mongo = { indexNames: { pack_runs_updatedAt_desc: name } };
    expect(describeProblems({ ...dev, mongo })).toContain(
      "mongo.indexNames.pack_runs_updatedAt_desc: found",
    );
  },
);

it.each(["a b", "a/b", "a.b", "$a", "", "x".repeat(64)])(
  "names that MongoDB refuses for a database are refused: %j",
  (database) => {
    expect(describeProblems({ ...dev, mongo: { database } })).toContain("mongo.database: found");
  },
);
