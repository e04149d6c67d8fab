import { findEarlierExpiry } from "../components/migration";
import { describePlace } from "../components/state";
import { type VerificationReport, acceptQuarantined, verifyState } from "../components/transfer";
import { collectionRoles } from "../components/contract";
import { type CommonOptions, command, print, usualSeconds } from "./command";
import { addressOf, connect } from "./connection";
import { requireReadable, settingsOf, sizeOfState, requestedState, stateOption } from "./inputs";
import { withProgress } from "./progress";
import { describeCases, countsTable, duration, sumOf } from "./words";

interface VerifyOptions extends CommonOptions {
  readonly state?: string;
}

/** `verify`: every record on disk is in MongoDB. */
export const verifyCommand = command("verify", {
  group: "Data",
  does: "Verify that MongoDB has every record on disk.",
  options: [stateOption],
  examples: ["npx taskrunner-storage verify --stack dev"],
  statuses: { 0: "it holds", 2: "differences or conflicts" },
  connects: { seconds: usualSeconds },
  notes: ["Each record is to be equal in MongoDB, or descended from the one on disk."],
}).action(async (options: VerifyOptions) => {
  const settings = await settingsOf(options);
  const sides = requestedState(settings, options);
  await requireReadable(sides);
  const database = await connect(options, await addressOf(options, settings));
  const logs = { collection: sides.collections.logs, ledger: settings.advanced.ledger };
  const expiredBefore = await findEarlierExpiry(database, logs);
  const total = async () => ({ bytes: sumOf(await sizeOfState(sides), "bytes") });
  const report = await withProgress(options, { what: "verify", total }, (watch) =>
    verifyState({
      ...{ ...sides, database, expiredBefore, watch },
      acceptQuarantined: settings.advanced.acceptQuarantined,
    }),
  );
  print(options, report, describeVerification(sides.root, report));
  process.exitCode = report.holds ? 0 : 2;
});

function describeVerification(root: string, report: VerificationReport): string {
  const outcome = report.holds ? "every record on disk is in MongoDB" : "does not hold";
  const missing = collectionRoles.flatMap((role) =>
    report[role].onlyInFiles.map((id) => `${role} ${id}`),
  );
  const different = collectionRoles.flatMap((role) =>
    report[role].different.map(({ id, paths }) => `${role} ${id}: ${paths.join(", ")}`),
  );
  return [
    `Verification of ${root}: ${outcome}`,
    "",
    countsTable(report, {
      files: "on disk",
      mongo: "in MongoDB",
      equal: "equal",
      newerInMongo: "newer in MongoDB",
      onlyInMongo: "only in MongoDB",
      expired: "expired",
      missing: "missing",
      differing: "different",
      quarantined: "unreadable",
    }),
    "",
    `compared in ${duration(report.elapsedMs)}`,
    ...describeCases("Not in MongoDB", missing, sumOf(report, "missing")),
    ...describeCases("Different", different, sumOf(report, "differing")),
    ...describeCases(
      "Not to be imported as they are",
      report.quarantine.map(({ detail, ...place }) => `${describePlace(place)}: ${detail}`),
      sumOf(report, "quarantined"),
    ),
    ...(report.hash === undefined ? [] : ["", acceptQuarantined(report.hash).trim()]),
  ].join("\n");
}
