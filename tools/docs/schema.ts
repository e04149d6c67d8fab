import { z } from "zod";
import { jsonForms } from "../../cli/json";
import { settingsSchema } from "../../components/settings/schema";

/** The parts of JSON Schema that the settings use. */
export interface JsonSchema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: string | number | boolean;
  readonly enum?: readonly (string | number | boolean)[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly additionalProperties?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
}

const prefix = "taskrunner-storage:";

/** The JSON Schema of the settings, without their prefix. */
export function settingsJsonSchema(): JsonSchema {
  return toJsonSchema(settingsSchema) as JsonSchema;
}

function toJsonSchema(schema: z.ZodType) {
  return z.toJSONSchema(schema, {
    target: "draft-7",
    io: "input",
    unrepresentable: "any",
    override: ({ zodSchema, jsonSchema }) => {
      // JSON Schema lacks this format; its pattern stays.
      if (jsonSchema.format === "cidrv4") delete jsonSchema.format;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
      if (JSON.stringify(jsonSchema.default) === "{}") delete jsonSchema.default;
      if (zodSchema instanceof z.ZodDate) {
        Object.assign(jsonSchema, { type: "string", format: "date-time" });
      }
    },
  });
}

/** The JSON Schemas of what commands print with `--json`, by their files, written by `make docs`. */
export function printedSchemas(): Readonly<Record<string, object>> {
  const files = Object.entries(jsonForms).map(([name, form]) => [
    `docs/json/${name}.schema.json`,
    { ...toJsonSchema(form), description: "Made from `cli` by `make docs`." },
  ]);
  return Object.fromEntries(files) as Record<string, object>;
}

/** The JSON Schema of a whole `Pulumi.<stack>.yaml`: `docs/settings.schema.json`, written by `make docs`. */
export function stackFileSchema(): object {
  const { properties = {}, required = [] } = settingsJsonSchema();
  const names = Object.keys(properties);
  const stated = Object.entries(properties).map(([name, one]) => [
    prefix + name,
    asStated(name, one),
  ]);
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "Pulumi.<stack>.yaml of taskrunner-storage",
    description: "Made from components/settings by `make docs`.",
    type: "object",
    required: ["config"],
    properties: {
      config: {
        description: "The settings of the stack.",
        type: "object",
        required: required.map((name) => prefix + name),
        properties: Object.fromEntries(stated) as object,
        // Keys of other projects and providers are allowed.
        patternProperties: { [`^${prefix}(?!(${names.join("|")})$)`]: false },
      },
    },
  };
}

/** The engine may write a secret encrypted, and a number or a boolean as text. */
function asStated(name: string, schema: JsonSchema): JsonSchema {
  const { description, default: value, ...form } = schema;
  const other = otherForm(name, form);
  if (other === undefined) return schema;
  return {
    ...(description !== undefined && { description }),
    ...(value !== undefined && { default: value }),
    anyOf: [form, other],
  };
}

function otherForm(name: string, { type }: JsonSchema): object | undefined {
  if (name === "mongoUri" || name === "appMongoUri") {
    const properties = { secure: { type: "string" } };
    return { type: "object", properties, required: ["secure"], additionalProperties: false };
  }
  if (type === "integer") return { type: "string", pattern: "^\\d+$" };
  return type === "boolean" ? { type: "string", enum: ["true", "false"] } : undefined;
}
