import { ResourceError } from "@pulumi/pulumi";
import { expect, it } from "vitest";
import { ProgramError } from "../../components/step/program";

it("a program's error keeps its message, whatever the engine puts before it", () => {
  const error = new ProgramError("The stack x has no output y.");
  error.message = `error serializing property "uri": ${error.message}`;

  expect(error.message).toBe("The stack x has no output y.");
  expect(ResourceError.isInstance(error)).toBe(true);
});
