import { expect, it } from "vitest";
import { recoverySteps, webIsNext } from "../../components/rollout/recovery";

const either =
  "Either fix the cause and run pulumi up again, which resumes here; or set storageMode: filesystem and run " +
  "pulumi up, which returns the worker too.";

it("a worker that does not arrive is resumed by the next up", () => {
  expect(recoverySteps("worker", "forward")).toBe(
    "Nothing was rolled back. Fix the cause and run pulumi up again; it resumes here.",
  );
});

it("a web that does not arrive leaves two ways, and the line before its rollout names them", () => {
  expect(recoverySteps("web", "forward")).toBe(
    `The worker is in mongo mode, and pods of web may still be in filesystem mode. ${either}`,
  );
  expect(webIsNext("forward")).toBe(
    `worker: web is next. If web cannot follow, the services use different stores. ${either}`,
  );
});
