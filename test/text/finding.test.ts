import fc from "fast-check";
import { expect, it } from "vitest";
import {
  type Finding,
  formatFinding,
  formatPrinted,
  readFinding,
  readPrinted,
  warning,
} from "../../components/text";

const findings = fc.record<Finding>({
  severity: fc.constantFrom("stop", "warn", "info"),
  code: fc.constantFrom("runs-held", "live-values"),
  text: fc.string(),
});

it("is read back by its code, whatever its text is", () => {
  fc.assert(
    fc.property(findings, (finding) => {
      const read = { code: finding.code, stops: finding.severity === "stop" };
      expect(readFinding(formatFinding(finding))).toEqual(read);
      expect(readFinding(formatPrinted(finding))).toEqual(read);
    }),
  );
});

it("is none where somebody else speaks", () => {
  const others = ["no such region", "see [docs] for more", "`pulumi up` will stop here."];
  for (const message of [...others, "the password is [secret]", "[stop: other]"])
    expect(readFinding(message)).toBeUndefined();
});

it("says what is a warning, and leaves a text as it is", () => {
  const found = warning("runs-held", "One.");
  expect(formatPrinted(found)).toBe("warning: One. [runs-held]");
  expect(formatPrinted({ ...found, severity: "info" })).toBe("One. [runs-held]");
  expect(formatPrinted("One.")).toBe("One.");
});

it("is printed in one line, from which its lines are read back", () => {
  const found = warning("helm-pending", "Pending:\n  release web\nWait for it.");
  expect(formatPrinted(found)).not.toContain("\n");
  expect(readPrinted(formatPrinted(found)).text).toBe(formatFinding(found));
});

it("a message of a preview is read without colours and without its mark", () => {
  const stop = { severity: "stop", code: "other-database", text: "It is not a copy." } as const;
  expect(readPrinted(`<{%fg 1%}>${formatPrinted(stop)}\u001b[31;1m\n`)).toEqual({
    mark: "warning",
    code: "other-database",
    stops: true,
    text: formatFinding(stop),
  });
  expect(readPrinted("Pulling.")).toEqual({ text: "Pulling.", stops: false });
});
