import type { Document } from "mongodb";
import type { Collection, Field, FieldType } from "./collections";

const bsonTypes: Readonly<Record<FieldType, string>> = {
  string: "string",
  long: "long",
  date: "date",
  object: "object",
  "object[]": "array",
  "string[]": "array",
  objectId: "objectId",
  strings: "object",
};

/**
 * The `$jsonSchema` validator of a collection, from the specification's field table. Further fields are
 * allowed; assumed fields are not validated.
 *
 * @see https://www.mongodb.com/docs/manual/reference/operator/query/jsonSchema/
 */
export function validatorOf(collection: Collection): Document {
  const validated = Object.entries(collection.fields).filter(([, field]) => !field.assumed);
  return {
    $jsonSchema: {
      bsonType: "object",
      required: validated.filter(([, field]) => !field.optional).map(([name]) => name),
      properties: Object.fromEntries(
        validated.map(([name, { type, optional, closed, names }]) => {
          const bsonType = optional ? [bsonTypes[type], "null"] : bsonTypes[type];
          const items = type === "object[]" && { items: { bsonType: "object" } };
          const strings = type === "strings" && { additionalProperties: { bsonType: "string" } };
          return [name, { bsonType, ...(closed && { enum: names }), ...items, ...strings }];
        }),
      ),
    },
  };
}

/** The rule of a field, such as `must be a long` or `must be one of trace, debug`. */
export function describeRule(field: Field): string {
  if (field.closed) return `must be one of ${(field.names ?? []).join(", ")}`;
  const kind = { strings: "object of strings only", "object[]": "array of objects" }[
    field.type as string
  ];
  const type = kind ?? bsonTypes[field.type];
  return `must be ${/^[aeiou]/.test(type) ? "an" : "a"} ${type}${field.optional ? " or null" : ""}`;
}
