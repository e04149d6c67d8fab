import type { LiveMode } from "../kubernetes";
import { cutoverInForce, type CutoverRecord } from "../state";

/** The settings do not fit the side that the services work on, or have worked on. Nothing was changed. */
export class ClaimStopped extends Error {
  override readonly name = "ClaimStopped";

  constructor(
    /** The setting that must change, or the one that accepts the finding. */
    readonly property: "acceptDatabase" | "storageMode" | "cutover",
    found: string,
    ways: readonly string[],
  ) {
    const [way = ""] = ways;
    const advice = ways.length === 1 ? ` ${way}` : ` There are two ways:\n${ways.join("\n")}`;
    super(`${found} Nothing was changed.${advice}`);
  }
}

/** The findings of a stack that has drained no worker. */
interface Found {
  readonly root: string;
  /** The worker's modes; empty if the stack sees no worker. */
  readonly workerModes: readonly LiveMode[];
  /** The setting `cutover`, from 1. */
  readonly cutover: number;
}

/**
 * Compares the worker's mode with `cutover.json`.
 *
 * @returns the cutover in force since which the services work on MongoDB, so that nothing is imported; otherwise an
 *   empty string
 * @throws ClaimStopped
 */
export function findTakeOver(
  cutoverRecord: CutoverRecord | undefined,
  { root, workerModes, cutover }: Found,
): string {
  const inForce = cutoverInForce(cutoverRecord);
  if (!inForce && workerModes.includes("mongo")) throw onMongo(root, cutoverRecord);
  if (!inForce || workerModes.length === 0) return "";
  if (workerModes.includes("filesystem")) throw onFiles(root, inForce);
  const made = inForce.cutover ?? cutover;
  if (made === cutover) return inForce.at;
  const found = `cutover.json in ${root} records cutover ${made}, and the settings name cutover ${cutover}.`;
  throw new ClaimStopped("cutover", found, [`Set cutover: ${made}.`]);
}

const onMongo = (root: string, cutoverRecord: CutoverRecord | undefined) =>
  new ClaimStopped(
    "storageMode",
    "The worker is in mongo mode, but " +
      (cutoverRecord
        ? `cutover.json in ${root} says that the files are the source of truth since ${cutoverRecord.endedAt}.`
        : `${root} has no cutover.json, so no cutover of these files is known.`) +
      " An import could repeat steps.",
    [
      "If MongoDB's content is newer: write it to the files with `taskrunner-storage export --all`, and take the worker " +
        "to filesystem mode (docs/emergency.md#rollback-by-hand).",
      "If the worker has executed nothing on MongoDB since: deploy it in filesystem mode. In both cases run `pulumi up` " +
        `after that${cutoverRecord ? ", with the next number in cutover" : ""}.`,
    ],
  );

const onFiles = (root: string, { at }: CutoverRecord) =>
  new ClaimStopped(
    "storageMode",
    `The worker is in filesystem mode, but cutover.json in ${root} says that MongoDB is the source of truth since ${at}.`,
    [
      "If it was taken back to files: roll back by hand, which ends the cutover (docs/emergency.md#rollback-by-hand). " +
        "Then set the next number in cutover, and run `pulumi up`.",
      "If it has executed nothing on files since: deploy it in mongo mode, and run `pulumi up`, which takes it over.",
    ],
  );

/**
 * Refuses, in Mongo mode, a larger number than that of the cutover in force, unless the cutovers before it have ended:
 * a stack whose state is older than the last rollback does not know of that end.
 *
 * @param numbers `ended` is the last cutover that ended according to `cutover.json` and the ledger
 * @throws ClaimStopped
 */
export function requireNextCutover(
  numbers: Readonly<Record<"cutover" | "inForce" | "ended", number>>,
): void {
  const { cutover, inForce, ended } = numbers;
  if (cutover <= inForce || cutover <= ended + 1) return;
  const found =
    `Cutover ${inForce} of this stack is finished or under way, and the settings name cutover ${cutover}. Neither ` +
    "cutover.json nor the ledger knows that the cutovers before it have ended.";
  throw new ClaimStopped("cutover", found, [`Set cutover: ${inForce}.`]);
}
