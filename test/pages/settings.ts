import { readFileSync } from "node:fs";
import { join } from "node:path";
import { repository } from "../../tools/parts";

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
}

const file = readFileSync(join(repository, "docs/settings.schema.json"), "utf8");
const { properties = {} } = JSON.parse(file) as Schema;

/** Whether the schema of a stack file has a key, such as `cluster.kind`, with or without the project's name. */
export function settingExists(key: string): boolean {
  const [first = "", ...others] = key.replace(/^taskrunner-storage:/, "").split(".");
  const section = properties.config?.properties?.[`taskrunner-storage:${first}`];
  return section !== undefined && hasPath(section, others);
}

function hasPath(schema: Schema, [name, ...others]: readonly string[]): boolean {
  if (name === undefined) return true;
  const { additionalProperties: any, anyOf = [], oneOf = [] } = schema;
  const inner = schema.properties?.[name] ?? (typeof any === "object" ? any : undefined);
  if (inner && hasPath(inner, others)) return true;
  return [...anyOf, ...oneOf].some((one) => hasPath(one, [name, ...others]));
}
