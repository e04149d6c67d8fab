import type { Break } from "./breaks";

/** The import and its verification. */
export const stateBreaks: readonly Break[] = [
  {
    guarantee: "a write of an import is announced before it is done",
    file: "components/transfer/import/write.ts",
    find: 'announceBases(bases, "mongo", becoming(written))',
    replace: "Promise.resolve()",
    tests: ["test/transfer/one-key.test.ts"],
  },
  {
    guarantee: "an import records what both sides agree on, for a later export",
    file: "components/transfer/import/write.ts",
    find: 'settleBases(to.bases, "mongo", newBases(pairs, outcomes))',
    replace: "Promise.resolve()",
    tests: ["test/transfer/killed-import.test.ts > what a worker changed in"],
  },
  {
    guarantee: "an import replaces a document only as it was seen",
    file: "components/transfer/import/bulk.ts",
    find: "const filter = { _id, ...asSeen };",
    replace: "const filter = { _id };",
    tests: ["test/transfer/killed-import.test.ts > a run that a worker changes between"],
  },
  {
    guarantee: "an import replaces a document only as it was seen in every field",
    file: "components/transfer/import/bulk.ts",
    find: "record.bytes + BSON.calculateObjectSize(seen) > largestStatement",
    replace: "true",
    tests: ["test/transfer/stalled-importer.test.ts > that stalled before its write"],
  },
  {
    guarantee: "a stalled importer never brings an older base back",
    file: "components/transfer/bases.ts",
    find: "{ $or: [isOurs, isAsSeen] }",
    replace: "true",
    tests: ["test/transfer/stalled-importer.test.ts > that stalled before it settled"],
  },
  {
    guarantee: "a stalled importer never brings an older record back",
    file: "components/transfer/import/read-file.ts",
    find: "return now && isSameStamp(now, stamp) ? [] : [name];",
    replace: "return [];",
    tests: ["test/transfer/stalled-importer.test.ts > that stalled behind a file's read"],
  },
  {
    guarantee: "a checkpoint is never saved over a newer one",
    file: "components/transfer/checkpoints.ts",
    find: "const isNewer = { $gt: [`$${role}.seen`, checkpoint.seen] };",
    replace: "const isNewer = false;",
    tests: ["test/transfer/stalled-importer.test.ts > an older checkpoint never"],
  },
  {
    guarantee: "a second file with a run's id is quarantined, not imported over the first",
    file: "components/transfer/import/write.ts",
    find: "const other = await otherFile(to, pair);",
    replace: "const other = undefined;",
    tests: ["test/transfer/one-key.test.ts"],
  },
  {
    guarantee: "a checkpoint is saved after its batch",
    file: "components/transfer/import/import.ts",
    find: "await workOn(groups, (batch) => target.write(batch), count);",
    replace: `await workOn(groups, async (batch) => {
    await checkpoints?.save(batch.reached);
    return target.write(batch);
  }, count);`,
    tests: ["test/transfer/server-trouble.test.ts > leaves no checkpoint"],
  },
  {
    guarantee: "a file with a refused record is read again",
    file: "components/transfer/import/import.ts",
    find: "[...reached].filter(([{ name }]) => !refusedIn.has(name) && !changed.has(name))",
    replace: "[...reached]",
    tests: ["test/transfer/merged-import.test.ts > in every import"],
  },
  {
    guarantee: "a log that was replaced is read from its beginning",
    file: "components/transfer/import/read-file.ts",
    find: 'if (hash?.copy().digest("hex") !== checkpoint.hash) return undefined;',
    replace: "if (!hash) return undefined;",
    tests: ["test/transfer/resume.test.ts > replaced or truncated"],
  },
  {
    guarantee: "a worker in Mongo mode sees no run before its log",
    file: "components/transfer/import/write.ts",
    find: `  await mapLimit(parts.length, parts, write);
  await write("runs");`,
    replace: `  await write("runs");
  await mapLimit(parts.length, parts, write);`,
    tests: ["test/transfer/run-last.test.ts > sees no run before its parts"],
  },
  {
    guarantee: "a write that no majority confirmed does not count",
    file: "components/transfer/import/bulk.ts",
    find: "if (isOfCommand || ofOthers) throw error;",
    replace: "",
    tests: ["test/transfer/server-trouble.test.ts > a majority that does not answer"],
  },
  {
    guarantee: "a record that is missing in MongoDB fails the verification",
    file: "components/transfer/verify.ts",
    find: 'tally.count(role, "missing");',
    replace: 'tally.count(role, "equal");',
    tests: ["test/transfer/verify.test.ts > names what is missing"],
  },
  {
    guarantee: "a difference that the proof finds stops a cutover before the drain",
    file: "components/transfer/steps/import.ts",
    find: "if (!found.holds) throw new Unfinished(describeVerification(found, rootName));",
    replace: "",
    tests: ["test/transfer/proof.test.ts > stops before the drain for"],
  },
  {
    guarantee: "a file that changes while it is proven does not count as a difference",
    file: "components/transfer/verify.ts",
    find: "for (const name of await findChanged(new Set(read))) changed.add(name);",
    replace: "",
    tests: ["test/transfer/proof.test.ts > counts files that changed since"],
  },
  {
    guarantee: "a log entry counts as expired only if an expiry was ever in force",
    file: "components/transfer/steps/import.ts",
    find: "const expiredBefore = await findEarlierExpiry(sides.database, logs);",
    replace:
      "const expiredBefore = (await findEarlierExpiry(sides.database, logs)) && Date.now() - 30 * 86_400_000;",
    tests: ["test/transfer/expired.test.ts > before the first expiry"],
  },
  {
    guarantee: "what a lifted expiry deleted counts as expired",
    file: "components/migration/expiry.ts",
    find: "if (before) await recordExpired(db, ledger, before);",
    replace: "",
    tests: ["test/transfer/expired.test.ts > that was lifted deleted"],
  },
  {
    guarantee: "no fence is drawn over an unfinished run that cannot be imported",
    file: "components/transfer/steps/handover.ts",
    find: "if (reasons.length > 0) throw new Unfinished(reasons);",
    replace: "",
    tests: ["test/transfer/handover-stops.test.ts > no fence is drawn over"],
  },
  {
    guarantee: "an unfinished run whose file is gone since an import stops a cutover",
    file: "components/transfer/describe/cutover.ts",
    find: "...describeQuarantinedRuns(report), ...missing",
    replace: "...describeQuarantinedRuns(report)",
    tests: ["test/transfer/handover-stops.test.ts > whose file is gone since an import"],
  },
  {
    guarantee: "a file that a service is just writing is read again",
    file: "components/transfer/import/read-file.ts",
    find: "if (isOld || reread === maxRereads)",
    replace: "if (reread === 0)",
    tests: ["test/transfer/half-written.test.ts > is just writing is read again"],
  },
  {
    guarantee: "the passes behind the drain look at files through open",
    file: "components/transfer/import/import.ts",
    find: 'shouldBypassCache = pass !== "bulk"',
    replace: "shouldBypassCache = false",
    tests: ["test/transfer/cached-stat.test.ts"],
  },
];
