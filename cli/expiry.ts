import { InvalidArgumentError } from "commander";
import { setExpiry } from "../components/migration";
import { command, databaseOf, print, settingsOf, type CommonOptions } from "./context";
import { helpAfter } from "./state";

interface ExpiryOptions extends CommonOptions {
  readonly days: number;
}

/** `expiry`: lets log entries expire, or no more; what a Job calls before and after an import. */
export const expiryCommand = helpAfter(
  command("expiry", "lets log entries expire").requiredOption(
    "--days <days>",
    "after how many days; 0 for never, as it must be while an import runs",
    daysOf,
  ),
  "0 done, 1 error",
  "expiry --days 90",
).action(async (options: ExpiryOptions) => {
  const { days } = options;
  const settings = await settingsOf(options);
  const { ledger } = settings.advanced;
  const collection = settings.mongo.collections.logs;
  await setExpiry(await databaseOf(settings), { collection, ledger }, days);
  const when = days === 0 ? "never" : `${days} days after their timestamp`;
  print(options, { days }, `Entries of ${collection} expire: ${when}.`);
});

/** The most that MongoDB takes is 2147483647 s. */
function daysOf(text: string): number {
  const days = Number(text);
  if (/^\d+$/.test(text) && days <= 24_855) return days;
  throw new InvalidArgumentError("It is a number of days from 0 to 24855.");
}
