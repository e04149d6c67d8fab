import { settingsJsonSchema, type JsonSchema } from "../schema/settings";

type Row = readonly [key: string, form: string, meaning: string];

/** The settings as the page `docs/settings.md`; written by `make docs`. */
export function settingsPage(): string {
  const { properties = {}, required = [] } = settingsJsonSchema();
  const entries = Object.entries(properties);
  const sections = entries.filter(([, schema]) => alternativesOf(schema).some(isSection));
  return [
    "# Settings",
    "Made from `components/settings` by `make docs`.",
    "In `Pulumi.<stack>.yaml`, with the prefix `taskrunner-storage:`. They are checked before anything happens; an\n" +
      "error has every problem in one message: key, what was found, what is allowed, and the nearest known key for a\n" +
      "typing error. The first line of each stack file names `schema/settings.json`, so that editors check and\n" +
      "complete what you write. No setting but `mongoUri` and `appMongoUri` is secret.",
    table(
      entries.map(([key, schema]) => {
        const [name, ...rest] = rowOf(key, schema, required.includes(key));
        const isLinked = sections.some(([one]) => one === key);
        return [isLinked ? `[${name}](#${key.toLowerCase()})` : name, ...rest];
      }),
    ),
    ...sections.flatMap(([key, schema]) => chapter(key, schema)),
    "",
  ].join("\n\n");
}

/** A section of the settings: one table, or one for each of its kinds. */
function chapter(name: string, schema: JsonSchema): string[] {
  const kinds = alternativesOf(schema).filter(isSection);
  const [only, ...others] = kinds;
  const opening = [`## \`${name}\``, schema.description ?? ""];
  if (only && others.length === 0) return [...opening, table(rowsOf(only))];
  return [...opening, ...kinds.flatMap((kind) => kindChapter(kind, kinds))];
}

function kindChapter(kind: JsonSchema, kinds: readonly JsonSchema[]): string[] {
  const [tag = "", schema = {}] = tagOf(kind);
  const twins = kinds.filter((one) => one !== kind && tagOf(one)[1]?.const === schema.const);
  const own = (kind.required ?? []).filter((key) => twins.some((one) => !one.properties?.[key]));
  const extra = own.length === 0 ? "" : `, with ${own.map(code).join(" and ")}`;
  const rows = rowsOf(kind).filter(([key]) => key !== code(tag));
  const title = `### ${code(`${tag}: ${String(schema.const)}`)}${extra}`;
  return [title, schema.description ?? "", table(rows)];
}

/** The key by whose value a section is told from its alternatives. */
const tagOf = ({ properties = {} }: JsonSchema) =>
  Object.entries(properties).find(([, { const: value }]) => value !== undefined) ?? [];

/** A row for each key of a section, and of the sections in it. */
function rowsOf(section: JsonSchema, prefix = "", isAlternative = false): Row[] {
  const { properties = {}, required = [] } = section;
  return Object.entries(properties).flatMap(([name, schema]) => {
    const key = prefix + name;
    const kinds = alternativesOf(schema).filter(isSection);
    const inner = schema.items && isSection(schema.items) ? schema.items : undefined;
    return [
      rowOf(key, schema, required.includes(name) && !isAlternative),
      ...kinds.flatMap((kind) => rowsOf(kind, `${key}.`, kinds.length > 1)),
      ...(inner ? rowsOf(inner, `${key}[].`) : []),
    ];
  });
}

const isSection = ({ properties }: JsonSchema) => properties !== undefined;
const alternativesOf = (schema: JsonSchema) => schema.anyOf ?? schema.oneOf ?? [schema];

function rowOf(key: string, schema: JsonSchema, isRequired: boolean): Row {
  const { default: value } = schema;
  const forms = alternativesOf(schema).map(describeForm);
  const rest = isRequired ? ["required"] : value === undefined ? [] : [`default ${inline(value)}`];
  return [
    code(key),
    [[...new Set(forms)].join(" or "), ...rest].join("; "),
    schema.description ?? "",
  ];
}

function describeForm(schema: JsonSchema): string {
  const { type = "any", const: only, enum: values, items } = schema;
  if (only !== undefined) return code(String(only));
  if (values) return values.map((one) => code(String(one))).join(", ");
  if (isSection(schema)) return "section";
  if (type === "integer") return `integer${describeRange(schema)}`;
  if (items) return isSection(items) ? "list of sections" : `list of ${describeForm(items)}s`;
  return { string: "text", object: "map" }[type] ?? type;
}

function describeRange({ minimum, maximum }: JsonSchema): string {
  const from = minimum === undefined ? "" : ` from ${minimum}`;
  return maximum === undefined ? from : `${from} to ${maximum}`;
}

const code = (text: string) => `\`${text}\``;

function inline(value: unknown): string {
  if (Array.isArray(value) || value === "") return "none";
  if (typeof value !== "object" || value === null) return code(String(value));
  const members = Object.entries(value).map(([key, one]) => `${key}: ${String(one)}`);
  return code(`{ ${members.join(", ")} }`);
}

function table(rows: readonly Row[]): string {
  const lines = rows.map((cells) => `| ${cells.join(" | ")} |`);
  return ["| key | form and default | meaning |", "| --- | --- | --- |", ...lines].join("\n");
}
