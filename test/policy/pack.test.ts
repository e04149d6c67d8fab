import { expect, it } from "vitest";
import { policies } from "../../policy/policies";
import { rules } from "../../policy/rules";

it("the pack has every rule twice: for production, and as advice elsewhere", () => {
  expect(policies.map(({ name }) => name)).toEqual(
    rules.flatMap(({ name }) => [name, `${name}-advice`]),
  );
  for (const { name, enforcementLevel } of policies) {
    const isAdvice = name.endsWith("-advice");
    expect(enforcementLevel === "advisory").toBe(isAdvice);
  }
});
