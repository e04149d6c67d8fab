import { settingsJsonSchema, type JsonSchema } from "./schema";
import { alternativesOf, apart, describeRange, inline, isSection, tagOf } from "./forms";

/** The settings whose values another resource may provide. */
const connectionStrings = ["mongoUri", "appMongoUri"];
const outermost = "TaskRunnerStorage";
const folder = "components/settings/args";

/** The modules with the types of the settings that a program writes by their path, made by `make docs`. */
export function argsModules(): Readonly<Record<string, string>> {
  const schema = settingsJsonSchema();
  const { properties = {} } = schema;
  const modules = apart.map((key) => {
    const sections = sectionsOf(outermost, key, properties[key] ?? {});
    const text = sections.flatMap(([name, section]) => interfacesOf(name, section)).join("\n");
    return {
      path: `${folder}/${key}.ts`,
      key,
      names: sections.map(([name]) => `${name}Args`),
      text,
    };
  });
  const description = "The settings of an environment, as a program writes them.";
  const own = interfacesOf(outermost, { ...schema, description }, apart);
  const imports = modules.map(({ key, names }) => importLine(names, `./${key}`));
  const first = ['import type * as pulumi from "@pulumi/pulumi";', ...imports, "", ...own].join(
    "\n",
  );
  const files = [...modules, { path: `${folder}/index.ts`, text: first }];
  return Object.fromEntries(
    files.map(({ path, text }) => [
      path,
      `// Made from components/settings by \`make docs\`.\n\n${text}`,
    ]),
  );
}

/** A section's interface, after those of the sections in it, but for the ones of these keys. */
function interfacesOf(name: string, schema: JsonSchema, others: readonly string[] = []): string[] {
  const { properties = {}, required = [], description = "" } = schema;
  const own = Object.entries(properties).filter(([key]) => !others.includes(key));
  const inner = own.flatMap(([key, member]) =>
    sectionsOf(name, key, member).flatMap(([called, section]) => interfacesOf(called, section)),
  );
  const members = Object.entries(properties).map(([key, member]) => {
    const isRequired = required.includes(key);
    const types = [...typesOf(name, key, member), ...(isRequired ? [] : ["undefined"])];
    const start = `  readonly ${key}${isRequired ? "" : "?"}:`;
    return `  /** ${meaningOf(member)} */\n${declaration(start, types)}`;
  });
  return [
    ...inner,
    `/** ${description} */\nexport interface ${name}Args {\n${members.join("\n")}\n}\n`,
  ];
}

// Both as Prettier writes them.
function importLine(names: readonly string[], from: string): string {
  const line = `import type { ${names.join(", ")} } from "${from}";`;
  return line.length <= 100
    ? line
    : `import type {\n${names.map((one) => `  ${one},\n`).join("")}} from "${from}";`;
}

function declaration(start: string, types: readonly string[]): string {
  const line = `${start} ${types.join(" | ")};`;
  return line.length <= 100 ? line : `${start}\n${types.map((one) => `    | ${one}`).join("\n")};`;
}

function meaningOf(schema: JsonSchema): string {
  const { description = "", type, default: value } = schema;
  const range = type === "integer" ? describeRange(schema) : "";
  return [
    description,
    ...(range === "" ? [] : [`An integer${range}.`]),
    ...(value === undefined ? [] : [`Default: ${inline(value)}.`]),
  ].join(" ");
}

/** The sections that a setting may be, or that are in its list, with the names of their types. */
function sectionsOf(parent: string, key: string, schema: JsonSchema) {
  const base = `${parent === outermost ? "" : parent}${capital(key)}`;
  const sections = alternativesOf(schema.items ?? schema).filter(isSection);
  return sections.map((section) => {
    const [first = ""] = Object.keys(section.properties ?? {});
    const [, kind = {}] = tagOf(section);
    const called = sections.length > 1 ? base + capital(String(kind.const ?? first)) : base;
    const description = section.description ?? kind.description ?? schema.description ?? "";
    return [called, { ...section, description }] as const;
  });
}

function typesOf(parent: string, key: string, schema: JsonSchema): string[] {
  if (parent === outermost && connectionStrings.includes(key)) return ["pulumi.Input<string>"];
  const sections = sectionsOf(parent, key, schema).map(([name]) => `${name}Args`);
  if (schema.items && sections.length > 0) return [`readonly ${sections.join()}[]`];
  const values = alternativesOf(schema).filter((one) => !isSection(one));
  return [...values.map(valueType), ...sections];
}

function valueType(schema: JsonSchema): string {
  const { type, const: only, enum: values = [], items, additionalProperties } = schema;
  if (only !== undefined) return JSON.stringify(only);
  if (values.length > 0) return values.map((one) => JSON.stringify(one)).join(" | ");
  if (items) return `readonly ${valueType(items)}[]`;
  if (type === "integer") return "number";
  if (type !== "object") return type ?? "unknown";
  return `Readonly<Record<string, ${valueType(additionalProperties ?? {})}>>`;
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
