import { alternativesOf, apart, code, describeRange, inline, isSection, tagOf } from "./forms";
import { settingsJsonSchema, type JsonSchema } from "./schema";

type Row = readonly [key: string, form: string, meaning: string];

/** The pages of the settings by their path, written by `make docs`. */
export function settingsPages(): Readonly<Record<string, string>> {
  const { properties = {} } = settingsJsonSchema();
  const pages = apart.map((name) => [pathOf(name), sectionPage(name, properties[name] ?? {})]);
  return { "docs/settings.md": firstPage(), ...(Object.fromEntries(pages) as object) };
}

const pathOf = (name: string) => `docs/settings-${name}.md`;
const madeFrom = "Made from `components/settings` by `make docs`.";

function firstPage(): string {
  const { properties = {}, required = [] } = settingsJsonSchema();
  const entries = Object.entries(properties);
  const sections = entries.filter(([, schema]) => alternativesOf(schema).some(isSection));
  const isLinked = (key: string) => sections.some(([one]) => one === key);
  return [
    "# Settings",
    madeFrom,
    "In `Pulumi.<stack>.yaml`, with the prefix `taskrunner-storage:`. They are checked before anything happens. An error\n" +
      "lists every problem: the key, what was found, and what is allowed; for an unknown key, all keys of its section. The\n" +
      "first line of each stack file names `docs/settings.schema.json`, so that editors check and complete what you write. Only\n" +
      "`mongoUri` and `appMongoUri` are secret.",
    table(
      entries.map(([key, schema]) => {
        const [name, ...rest] = rowOf(key, schema, required.includes(key));
        return [isLinked(key) ? `[${name}](${addressOf(key)})` : name, ...rest];
      }),
    ),
    ...sections
      .filter(([key]) => !apart.includes(key))
      .flatMap(([key, schema]) => [
        `## ${code(key)}`,
        schema.description ?? "",
        ...alternativesOf(schema)
          .filter(isSection)
          .map((one) => table(rowsOf(one))),
      ]),
    "",
  ].join("\n\n");
}

function addressOf(key: string): string {
  return apart.includes(key) ? `settings-${key}.md` : `#${key.toLowerCase()}`;
}

/** A page with a table for each kind of the section. */
function sectionPage(name: string, schema: JsonSchema): string {
  const kinds = alternativesOf(schema).filter(isSection);
  return [
    `# Settings: ${code(name)}`,
    madeFrom,
    `${schema.description ?? ""} [settings.md](settings.md) has the other sections.`,
    ...kinds.flatMap(kindChapter),
    "",
  ].join("\n\n");
}

function kindChapter(kind: JsonSchema): string[] {
  const [tag = "", schema = {}] = tagOf(kind);
  const rows = rowsOf(kind).filter(([key]) => key !== code(tag));
  const title = `## ${code(`${tag}: ${String(schema.const)}`)}`;
  return [title, schema.description ?? "", table(rows)];
}

/** A row for each key of a section and of the sections in it. */
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

function table(rows: readonly Row[]): string {
  // The alternatives of a section share keys.
  const unique = new Map(rows.map((row) => [row[0], row])).values();
  const lines = [...unique].map((cells) => `| ${cells.join(" | ")} |`);
  return ["| key | form and default | meaning |", "| --- | --- | --- |", ...lines].join("\n");
}
