const iso =
  /^(?<date>\d{4}-\d\d-(?<day>\d\d))T(?<time>\d\d:\d\d:\d\d)(?:\.(?<fraction>\d{1,7}))?(?<zone>Z|(?<sign>[+-])(?<hours>\d\d)(?::?(?<minutes>\d\d))?)?$/i;

/** The form that .NET writes, of a day that every month has: the engine's own reading is right. */
const common =
  /^\d{4}-\d\d-(?:[01]\d|2[0-8])T(?:[01]\d|2[0-3]):\d\d:\d\d(?:\.\d{1,7})?(?:Z|[+-]\d\d:\d\d)$/;

/** The moment of a text in its most common form; undefined where it has another form or is none. */
export function instantOf(text: string): Date | undefined {
  if (!common.test(text)) return undefined;
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/** A moment and whether its text left the offset out (it then counts as UTC). */
export interface Moment {
  readonly date: Date;
  readonly offsetMissing: boolean;
}

/**
 * The moment of an ISO 8601 text with 0 to 7 fractional digits and any offset, as .NET writes it;
 * undefined where it is none. What is finer than a millisecond is cut off, since a BSON date
 * holds none of it.
 */
export function momentOf(text: string): Moment | undefined {
  const parts = iso.exec(text)?.groups;
  if (!parts) return undefined;
  const fraction = (parts.fraction ?? "").slice(0, 3).padEnd(3, "0");
  const asUtc = Date.parse(`${parts.date ?? ""}T${parts.time ?? ""}.${fraction}Z`);
  // Date.parse takes 30 February for 2 March.
  if (Number.isNaN(asUtc) || new Date(asUtc).getUTCDate() !== Number(parts.day)) return undefined;
  return {
    date: new Date(asUtc - offsetMinutes(parts) * 60_000),
    offsetMissing: parts.zone === undefined,
  };
}

function offsetMinutes({ sign, hours, minutes }: Record<string, string | undefined>): number {
  const size = Number(hours ?? 0) * 60 + Number(minutes ?? 0);
  return sign === "-" ? -size : size;
}
