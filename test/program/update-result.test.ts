import { expect, it } from "vitest";
import { describeUpdate, type UpdateResult } from "../../components/update-result";
import { sentences, type Saying } from "../sentences";

const beganAt = "2025-11-06T12:00:00.000Z";
const before = "2025-11-06T11:00:00.000Z";
const at = "2025-11-06T12:10:00.000Z";
const records = { runs: 300, logs: 31_531, artifacts: 615, approvals: 1 };
const nothing = { runs: 0, logs: 0, artifacts: 0, approvals: 0 };
const onMongo: UpdateResult = {
  beganAt,
  modes: { worker: "mongo", web: "mongo" },
  unseen: [],
  cutover: 1,
  ended: 0,
  cutoverAt: at,
  gate: undefined,
  root: "/state",
  hasJobs: false,
  imported: records,
  verified: { holds: true, at, ...records },
  rolledBack: null,
  stoppedSeconds: 12,
};
const unseen = ["deploy/worker.yaml", "deploy/web.yaml"];
const onFiles: UpdateResult = {
  ...onMongo,
  modes: { worker: "filesystem", web: "filesystem" },
  ended: 1,
  verified: { holds: true, at: before, ...records },
  rolledBack: { exported: true, at, ...nothing, runs: 1, logs: 12 },
};
const lost = { exported: false, at, ...nothing, held: 95 };
const troubled = { ...lost, exported: true, held: 1, conflicts: 2, unwritable: 1, unequal: 3 };
const fresh = { ended: 0, cutoverAt: undefined, imported: null, verified: null, rolledBack: null };

const results: Readonly<Record<string, UpdateResult>> = {
  "a cutover": onMongo,
  "a cutover of services that the program does not see": {
    ...onMongo,
    unseen,
    stoppedSeconds: undefined,
  },
  "a cutover with records that were accepted": {
    ...onMongo,
    verified: { holds: true, at, ...records, accepted: 2 },
  },
  "an update after a cutover": { ...onMongo, verified: { holds: true, at: before, ...records } },
  "a cutover without state on disk": { ...onMongo, ...fresh, root: undefined },
  "a rollback": onFiles,
  "a rollback of services that the program does not see": {
    ...onFiles,
    unseen,
    stoppedSeconds: undefined,
  },
  "a rollback of which nothing had changed": {
    ...onFiles,
    rolledBack: { exported: true, at, ...nothing },
  },
  "a rollback without MongoDB": { ...onFiles, rolledBack: lost },
  "the same of one of several instances": { ...onFiles, rolledBack: lost, instance: "blue" },
  "the same by a Job": { ...onFiles, rolledBack: lost, hasJobs: true },
  "a rollback that leaves something": { ...onFiles, rolledBack: troubled },
  "an update after a rollback": { ...onFiles, beganAt: "2025-11-06T12:30:00.000Z" },
  "a stack that never cut over": { ...onFiles, ...fresh },
  "a cutover that waits at its gate": { ...onFiles, ...fresh, gate: "closed", imported: records },
  "services that a target of the update left apart": {
    ...onMongo,
    modes: { worker: "mongo", web: "filesystem" },
  },
  "one of several instances": { ...onMongo, instance: "blue" },
};

it("says after an update what the services work on, what was done and what is left to do", async () => {
  const cases = Object.entries(results).map(([name, result]): [string, Saying] => [
    name,
    () => describeUpdate(result).join("\n"),
  ]);
  await expect(await sentences(Object.fromEntries(cases))).toMatchFileSnapshot("update-result.txt");
});

it.each(Object.entries(results))("takes at most eight lines: %s", (_name, result) => {
  expect(describeUpdate(result).length).toBeLessThanOrEqual(8);
});
