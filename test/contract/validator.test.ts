import { describe, expect, it } from "vitest";
import { collections, validatorOf } from "../../components/contract";

describe("the validators that derive from the contract", () => {
  it("ask for the keys, the status and what the specification does not call optional", () => {
    const required = Object.values(collections).map((collection) => schemaOf(collection).required);

    expect(required).toEqual([
      "_id planHash plan failurePolicy requestedAt createdAt updatedAt steps".split(" "),
      "_id runId sequence timestamp level eventType message".split(" "),
      "_id runId name type status capturedAt".split(" "),
      "runId approvalId requestedAt status".split(" "),
    ]);
  });

  it("have the specification's types", () => {
    expect(schemaOf(collections.logs).properties).toEqual({
      _id: { bsonType: "objectId" },
      runId: { bsonType: "string" },
      sequence: { bsonType: "long" },
      timestamp: { bsonType: "date" },
      level: { bsonType: "string", enum: ["trace", "debug", "info", "warn", "error"] },
      eventType: { bsonType: "string" },
      message: { bsonType: "string" },
      stepId: { bsonType: ["string", "null"] },
      metadata: { bsonType: ["object", "null"], additionalProperties: { bsonType: "string" } },
    });
    expect(schemaOf(collections.runs).properties).toMatchObject({
      _id: { bsonType: "string" },
      plan: { bsonType: "object" },
      steps: { bsonType: "array", items: { bsonType: "object" } },
    });
  });

  it("leave an artifact's type and status open", () => {
    const { type, status } = schemaOf(collections.artifacts).properties;

    expect(type).toEqual({ bsonType: "string" });
    expect(status).toEqual({ bsonType: "string" });
  });

  it("do not speak of an approval's assumed fields", () => {
    expect(Object.keys(schemaOf(collections.approvals).properties)).toEqual([
      "runId",
      "approvalId",
      "requestedAt",
      "status",
    ]);
    expect(schemaOf(collections.approvals).properties.status).toEqual({ bsonType: "string" });
  });
});

interface Schema {
  required: string[];
  properties: Record<string, object>;
}

function schemaOf(collection: Parameters<typeof validatorOf>[0]): Schema {
  return (validatorOf(collection) as { $jsonSchema: Schema }).$jsonSchema;
}
