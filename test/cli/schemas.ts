import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import Ajv from "ajv";
import { expect } from "vitest";

const ajv = new Ajv();

/** Expects that a command printed what its published schema says, and no member that it does not describe. */
export function expectPublished(command: string, stdout: string): void {
  const printed = JSON.parse(stdout) as object;
  const name = "error" in printed ? "error" : command;
  expect(Object.keys(printed)[0]).toBe("format");
  const validate = ajv.getSchema(name) ?? ajv.compile({ ...readStrictly(name), $id: name });
  expect(validate(printed), ajv.errorsText(validate.errors)).toBe(true);
}

function readStrictly(name: string): object {
  const file = resolve(__dirname, `../../docs/json/${name}.schema.json`);
  const schema: unknown = JSON.parse(readFileSync(file, "utf8"), (_key, value: unknown) => {
    const isObject = typeof value === "object" && value !== null && "properties" in value;
    return isObject ? { ...value, additionalProperties: false } : value;
  });
  return schema as object;
}
