import { Option } from "commander";
import { findEarlierExpiry } from "../components/migration";
import { describePlace } from "../components/state";
import { type VerificationReport, acceptQuarantined, verifyState } from "../components/transfer";
import { collectionRoles } from "../components/contract";
import { type CommonOptions, command, print, usualSeconds } from "./command";
import { addressOf, connect } from "./connection";
import { requireReadable, settingsOf, stateOf, stateOption } from "./inputs";
import { withProgress } from "./progress";
import { sizeOfState } from "./state-size";
import { describeCases, countsTable, duration, sumOf, whole } from "./words";

interface VerifyOptions extends CommonOptions {
  readonly state?: string;
  readonly exact?: true;
}

/** `verify`: every record on disk is in MongoDB. */
export const verifyCommand = command("verify", {
  group: "Data",
  does: "Verify that MongoDB has every record on disk.",
  options: [
    stateOption,
    new Option("--exact", "require that both sides are equal, and name what differs"),
  ],
  examples: [
    "npx taskrunner-storage verify --stack dev",
    "npx taskrunner-storage verify --stack dev --exact",
  ],
  statuses: { 0: "it holds", 2: "differences or conflicts" },
  connects: { seconds: usualSeconds },
  notes: ["Each record is to be equal in MongoDB, or descended from the one on disk."],
}).action(async (options: VerifyOptions) => {
  const settings = await settingsOf(options);
  const sides = stateOf(settings, options);
  await requireReadable(sides);
  const database = await connect(options, await addressOf(options, settings));
  const logs = { collection: sides.collections.logs, ledger: settings.advanced.ledger };
  const expiredBefore = await findEarlierExpiry(database, logs);
  const total = async () => ({ bytes: sumOf(await sizeOfState(sides), "bytes") });
  const report = await withProgress(options, { what: "verify", count: "read", total }, (watch) =>
    verifyState({
      ...{ ...sides, database, exact: options.exact ?? false, expiredBefore, watch },
      acceptQuarantined: settings.advanced.acceptQuarantined,
    }),
  );
  print(options, report, describeVerification(sides.root, options, report));
  process.exitCode = report.holds ? 0 : 2;
});

function describeVerification(
  root: string,
  { exact }: VerifyOptions,
  report: VerificationReport,
): string {
  const claim = exact ? "both sides are equal" : "every record on disk is in MongoDB";
  return [
    `Verification of ${root}: ${report.holds ? claim : "does not hold"}`,
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
    ...describeCases("Not in MongoDB", ids(report, "onlyInFiles"), sumOf(report, "missing")),
    ...describeCases("Different", paths(report, "different"), sumOf(report, "differing")),
    ...(exact ? beyondFiles(report) : []),
    ...describeCases(
      "Not to be imported as they are",
      report.quarantine.map(({ detail, ...place }) => `${describePlace(place)}: ${detail}`),
      sumOf(report, "quarantined"),
    ),
    ...(report.hash === undefined ? [] : ["", acceptQuarantined(report.hash).trim()]),
  ].join("\n");
}

/** What is newer or only in MongoDB: differences where both sides are to be equal. */
function beyondFiles(report: VerificationReport): string[] {
  const repeated = collectionRoles.reduce((sum, role) => sum + (report[role].repeated ?? 0), 0);
  return [
    ...describeCases("Newer in MongoDB", paths(report, "newer"), sumOf(report, "newerInMongo")),
    ...describeCases("Only in MongoDB", ids(report, "extra"), sumOf(report, "onlyInMongo")),
    ...(repeated > 0
      ? ["", `${whole(repeated)} on disk have the key of another record there`]
      : []),
  ];
}

function ids(report: VerificationReport, kind: "onlyInFiles" | "extra"): string[] {
  return collectionRoles.flatMap((role) => (report[role][kind] ?? []).map((id) => `${role} ${id}`));
}

function paths(report: VerificationReport, kind: "different" | "newer"): string[] {
  return collectionRoles.flatMap((role) =>
    (report[role][kind] ?? []).map(({ id, paths }) => `${role} ${id}: ${paths.join(", ")}`),
  );
}
