/**
 * How the services of a site write what the specification leaves open:
 *
 * - `integers`, the likelier: steps with integers, plans that name kinds as manifests do, log lines without a sequence,
 *   approvals in the case of C#, and artifacts that may be `missing`;
 * - `names`: steps and plans with names, log lines with their sequence, approvals in lower case.
 */
export type SampleForm = "integers" | "names";

/** The file format of a run's .NET writer; each form occurs on real disks. */
export interface Style {
  readonly form: SampleForm;
  /** Absent optional members are written as null instead of being left out. */
  readonly nulls: boolean;
  /** Enumerations are written as integers. */
  readonly integers: boolean;
  /** A byte order mark and CRLF line ends. */
  readonly windows: boolean;
  /** Timestamps end in `Z` instead of `+00:00`. */
  readonly zulu: boolean;
}

/** Any 12 consecutive runs have every form; most have the most common one. */
export function styleOf(run: number, form: SampleForm): Style {
  return {
    form,
    nulls: run % 3 === 1,
    integers: run % 12 === 5,
    windows: run % 12 === 8,
    zulu: run % 4 === 2,
  };
}

/** An enumeration's name, or its number. */
export function enumeration(
  names: readonly string[],
  name: string,
  { integers }: Style,
): string | number {
  return integers ? names.indexOf(name) : name;
}

/** An enumeration inside a step. */
export function stepEnumeration(
  names: readonly string[],
  name: string,
  style: Style,
): string | number {
  return enumeration(names, name, {
    ...style,
    integers: style.integers || style.form === "integers",
  });
}

/**
 * A moment in .NET's format: ISO 8601 without trailing zeros in the fraction.
 *
 * @param ticks tenths of a microsecond since 1970
 */
export function formatTicks(ticks: bigint, { zulu }: Style): string {
  const seconds = new Date(Number(ticks / 10_000n)).toISOString().slice(0, 19);
  const fraction = String(ticks % 10_000_000n)
    .padStart(7, "0")
    .replace(/0+$/, "");
  return `${seconds}${fraction && `.${fraction}`}${zulu ? "Z" : "+00:00"}`;
}

/** A file's text: one JSON value, indented. */
export function jsonText(value: unknown, style: Style): string {
  return fileText([json(value, style, 2)], style);
}

/** A file's text: one JSON value a line. */
export function linesText(values: readonly unknown[], style: Style): string {
  return fileText(
    values.map((value) => json(value, style)),
    style,
  );
}

function fileText(parts: readonly string[], { windows }: Style): string {
  const text = parts.map((part) => `${part}\n`).join("");
  return windows ? `\uFEFF${text.replaceAll("\n", "\r\n")}` : text;
}

/** .NET escapes non-ASCII and HTML characters by default. */
function json(value: unknown, { nulls }: Style, indent?: number): string {
  const fill = (_key: string, member: unknown) => (member === undefined && nulls ? null : member);
  return JSON.stringify(value, fill, indent).replace(
    /[<>&'\u0080-\uFFFF]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`,
  );
}
