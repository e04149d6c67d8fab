import type { Break } from "./breaks";

/** The export, the fence and held runs. */
export const rollbackBreaks: readonly Break[] = [
  {
    guarantee: "a file of an export is complete or as it was",
    file: "components/state/publish.ts",
    find: 'return join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}.tmp`);',
    replace: "const tempPath = path;",
    tests: ["test/state/publish.test.ts"],
  },
  {
    guarantee: "an export leaves a file alone that changed while it was exported",
    file: "components/state/publish.ts",
    find: "if (!now || formatStamp(now) !== read) return false;",
    replace: "",
    tests: ["test/state/publish.test.ts"],
  },
  {
    guarantee: "the fence in the ledger is read again if the server steps down meanwhile",
    file: "components/ledger/index.ts",
    find: "return withRetries(`Reading ${records.namespace}`, read, patience);",
    replace: "return read();",
    tests: ["test/transfer/server-trouble.test.ts > in the ledger is read again"],
  },
  {
    guarantee: "a primary that steps down before it has proven to be current is waited for",
    file: "components/transfer/rollback/reach.ts",
    find: 'throw new MongoError("it answered as a secondary");',
    replace: 'throw new Error("it answered as a secondary");',
    tests: ["test/transfer/rollback-current.test.ts > steps down right before its proof"],
  },
  {
    guarantee: "while the worker is stopped, nothing looks for what has no run",
    file: "components/transfer/export/unfinished.ts",
    find: "if (!isDelta) await exportOrphans(task);",
    replace: "await exportOrphans(task);",
    tests: ["test/transfer/bounded.test.ts > looks at the runs that changed or are unfinished"],
  },
  {
    guarantee: "a bulk pass exports the log of a run at work",
    file: "components/transfer/export/export.ts",
    find: `    if (isUnfinished) runs.push(runId);
    return true;`,
    replace: `    if (isUnfinished) runs.push(runId);
    return !isUnfinished;`,
    tests: ["test/transfer/bounded.test.ts > exports the log of a run at work"],
  },
  {
    guarantee: "a log entry that reaches MongoDB late is exported",
    file: "components/transfer/export/log.ts",
    find: "return endsAlike(file, log) && findGaps(file, log).length === 0;",
    replace: "return endsAlike(file, log);",
    tests: ["test/transfer/export-logs.test.ts > that reaches a log late"],
  },
  {
    guarantee: "an export records what both sides agree on, for a later import",
    file: "components/transfer/export/blocks.ts",
    find: 'await keepBases(task, (bases) => settleBases(bases, "disk", agreed));',
    replace: "true;",
    tests: ["test/transfer/export-blocks.test.ts > is said once for a block of runs"],
  },
  {
    guarantee: "runs of one file name are exported one after the other",
    file: "components/transfer/export/blocks.ts",
    find: "fileBaseNames(runId).at(-1) ?? runId",
    replace: "runId",
    tests: ["test/transfer/export-blocks.test.ts > with one file name the first gets it"],
  },
  {
    guarantee: "an export reads what a majority of the members has",
    file: "components/transfer/documents.ts",
    find: "sort, ...concern }",
    replace: "sort }",
    tests: ["test/transfer/reads.test.ts"],
  },
  {
    guarantee: "a query for several runs goes on behind its last document",
    file: "components/transfer/documents.ts",
    find: "const fields = Object.keys(sort);",
    replace: "const fields = Object.keys(sort).slice(-1);",
    tests: [
      "test/transfer/export-blocks.test.ts > a reply that fails leaves out no run's artifacts",
    ],
  },
  {
    guarantee: "an export writes a run after all that belongs to it",
    file: "components/transfer/export/blocks.ts",
    find: `    for (const role of parts) {
      if (role === "logs") await exportLog({ ...task, tally }, run);
      else if (!isAtWork) {
        const sides = role === "approvals" ? await approvalsSides(task, run, own) : task.sides;
        await exportFile({ ...task, tally, sides }, role, run);
      }
    }
    if (!isAtWork) file = await exportFile({ ...task, tally, sides: own }, "runs", run);`,
    replace: `    if (!isAtWork) file = await exportFile({ ...task, tally, sides: own }, "runs", run);
    for (const role of parts) {
      if (role === "logs") await exportLog({ ...task, tally }, run);
      else if (!isAtWork) {
        const sides = role === "approvals" ? await approvalsSides(task, run, own) : task.sides;
        await exportFile({ ...task, tally, sides }, role, run);
      }
    }`,
    tests: ["test/transfer/run-last.test.ts"],
  },
  {
    guarantee: "one document never stops a rollback",
    file: "components/transfer/export/blocks.ts",
    find: 'tally.refuseDocument("runs", runId, refuseRun(error));',
    replace: "throw error;",
    tests: ["test/transfer/one-document.test.ts > a text that is not UTF-8"],
  },
  {
    guarantee: "an export writes no date that a service cannot read",
    file: "components/state/json.ts",
    find: "if (year >= 1 && year <= 9999)",
    replace: "if (!Number.isNaN(year))",
    tests: ["test/transfer/one-document.test.ts > a date that no service reads"],
  },
  {
    guarantee: "without MongoDB unfinished runs are held",
    file: "components/transfer/rollback/rollback.ts",
    find: "{ stale: await listUnfinishedRuns(sides, scope?.finished) }",
    replace: "{ stale: [] }",
    tests: ["test/transfer/rollback-held.test.ts > a run that was finished on disk"],
  },
  {
    guarantee: "a rollback exports before the drain only what nobody works on",
    file: "components/transfer/rollback/rollback.ts",
    find: "const fence = fenceInForce(await readFence(sides.root));",
    replace: "const fence = await readFence(sides.root);",
    tests: ["test/transfer/bulk-export.test.ts > rests without an open fence"],
  },
  {
    guarantee: "an export before the drain leaves what a service is writing",
    file: "components/transfer/export/blocks.ts",
    find: "const isAtWork = task.sides.isBulk === true && isUnfinished;",
    replace: "const isAtWork = false;",
    tests: ["test/transfer/bulk-export.test.ts > leaves a run that is not finished"],
  },
  {
    guarantee: "a delta pass looks at runs that were unfinished before the drain",
    file: "components/transfer/export/unfinished.ts",
    find: "[...new Set([...runs, ",
    replace: "[...new Set([",
    tests: ["test/transfer/bulk-export.test.ts > looks again at a run that was unfinished"],
  },
  {
    guarantee: "an export before the drain writes nothing that it cannot record",
    file: "components/transfer/export/run.ts",
    find: "|| task.sides.isBulk) throw error;",
    replace: ") throw error;",
    tests: ["test/transfer/bulk-export.test.ts > exports nothing that it cannot record"],
  },
  {
    guarantee: "a held run in conflict stays held",
    file: "components/transfer/export/held.ts",
    find: "if (!done.isStale) stuck.delete(done.runId);",
    replace: "stuck.delete(done.runId);",
    tests: ["test/transfer/rollback-held.test.ts > a held run that changed on both sides"],
  },
  {
    guarantee: "nothing is held once the worker is at work on the files",
    file: "components/transfer/rollback/rollback.ts",
    find: "const inForce = fenceInForce(fence);",
    replace: "const inForce = fence;",
    tests: ["test/transfer/rollback-held.test.ts > from then on a second one holds nothing"],
  },
  {
    guarantee: "an export from another database than the fence's is refused",
    file: "components/transfer/rollback/fence.ts",
    find: "if (database) await requireFence(database, ledger, witness?.at ?? expected, patience);",
    replace: "",
    tests: ["test/transfer/rollback.test.ts > an export from another database"],
  },
  {
    guarantee: "the ledger records the fence",
    file: "components/transfer/rollback/fence.ts",
    find: "await withRetries(doing, () => recordFence(database, ledger, { at, stack }), sides);",
    replace: "",
    tests: ["test/transfer/rollback.test.ts > the ledger has the moment"],
  },
  {
    guarantee: "a rollback to another directory than the cutover's is refused",
    file: "components/transfer/rollback/fence.ts",
    find: "if (!witness) {",
    replace: "if (!witness && !fence) {",
    tests: ["test/transfer/not-the-state.test.ts"],
  },
  {
    guarantee: "a rollback knows the fence of a cutover that was killed before the stack did",
    file: "components/transfer/rollback/fence.ts",
    find: "[fence.at, ...(fence.former ?? [])].includes(expected)",
    replace: "fence.at === expected",
    tests: ["test/transfer/rollback.test.ts > a fence that a killed cutover drew"],
  },
  {
    guarantee: "a rollback waits for an election",
    file: "components/transfer/rollback/reach.ts",
    find: "const ms = seconds * 1_000;",
    replace: "const ms = 1_000;",
    tests: ["test/transfer/rollback-election.test.ts > an election is waited for"],
  },
  {
    guarantee: "a rollback holds nothing while members of MongoDB answer",
    file: "components/transfer/rollback/reach.ts",
    find: "if (members.length > 0)",
    replace: "if (electionSeconds < 0)",
    tests: ["test/transfer/rollback-election.test.ts > without a primary stop the rollback"],
  },
  {
    guarantee: "a rollback that may not log in does not take MongoDB for lost",
    file: "components/transfer/rollback/reach.ts",
    find: "if (answer !== undefined)",
    replace: 'if (answer === "")',
    tests: ["test/transfer/rollback-election.test.ts > stops the rollback: MongoDB is not lost"],
  },
  {
    guarantee: "MongoDB is given up for the fence alone that the settings name",
    file: "components/transfer/rollback/reach.ts",
    find: "abandonMongo === fencedAt",
    replace: "true",
    tests: ["test/transfer/rollback-election.test.ts > without a primary stop the rollback"],
  },
  {
    guarantee: "a rollback that fails half-way is unfinished",
    file: "components/transfer/steps/handover.ts",
    find: "const earlier = keepEarlierResults([error.message], state);",
    replace: "const earlier = keepResults(state);",
    tests: ["test/transfer/rollback.test.ts > fails in the middle"],
  },
  {
    guarantee: "a quarantined unfinished run stops the cutover before the drain",
    file: "components/transfer/steps/import.ts",
    find: "if (reasons.length > 0) throw new Unfinished(reasons, { report });",
    replace: "",
    tests: ["test/transfer/quarantined-runs.test.ts > stops the cutover, until its file is fixed"],
  },
  {
    guarantee: "a rollback writes to the ledger, by a majority, before it reads",
    file: "components/transfer/rollback/reach.ts",
    find: "return recordExport(database, ledger, { at: fencedAt, ended }, timeoutMs);",
    replace: "return undefined;",
    tests: ["test/transfer/rollback-current.test.ts > stops a rollback with the ways out"],
  },
  {
    guarantee: "a rollback's reads have all that its proof had",
    file: "components/mongo/client.ts",
    find: 'Object.assign(new ReadConcern("majority"), { afterClusterTime })',
    replace: 'new ReadConcern("majority")',
    tests: ["test/transfer/rollback-current.test.ts > proves that it reads what is current"],
  },
  {
    guarantee: "an export by hand asks for the fence of its state directory",
    file: "components/transfer/rollback/rollback.ts",
    find: "    await requireWitnesses(sides, options, mongo.database);",
    replace: "",
    tests: ["test/transfer/export-by-hand.test.ts"],
  },
  {
    guarantee: "a held run that MongoDB does not have stays held",
    file: "components/transfer/export/held.ts",
    find: "const stuck = new Set(files.keys());",
    replace: "const stuck = new Set<string>();",
    tests: ["test/transfer/export-by-hand.test.ts > that MongoDB does not have"],
  },
  {
    guarantee: "a base that cannot be written stops no file",
    file: "components/transfer/export/run.ts",
    find: "task.bases.trouble = error.found;",
    replace: "throw error;",
    tests: ["test/transfer/rollback-current.test.ts > a base that cannot be written"],
  },
  {
    guarantee: "a MongoDB that is given up is not asked",
    file: "components/transfer/rollback/reach.ts",
    find: "if (abandonMongo !== undefined && abandonMongo === fencedAt) {",
    replace: "if (seconds < 0) {",
    tests: ["test/transfer/rollback-current.test.ts > given up for this fence is not asked"],
  },
  {
    guarantee: "an unfinished run that MongoDB had and has no more is held",
    file: "components/transfer/export/unfinished.ts",
    find: 'return new Set(bases.get("runs")?.keys());',
    replace: "return new Set<string>();",
    tests: ["test/transfer/rollback-behind.test.ts > had and has no more is held"],
  },
];
