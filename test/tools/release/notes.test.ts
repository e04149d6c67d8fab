import { expect, it } from "vitest";
import { releaseNotes } from "../../../tools/release/notes";

const changelog = [
  "# Changelog",
  "## [Unreleased]\n\n### Added\n\n- What comes.",
  "## [1.2.0] - 2026-01-31\n\n### Fixed\n\n- What was wrong.",
  "## [1.1.0] - 2025-12-01\n\n- What was before.\n",
].join("\n\n");

it("the notes of a release are its section of the changelog", () => {
  expect(releaseNotes("v1.2.0", "1.2.0", changelog)).toBe("### Fixed\n\n- What was wrong.");
});

it("a tag of another version than package.json's is refused", () => {
  expect(() => releaseNotes("v1.3.0", "1.2.0", changelog)).toThrow(
    "The tag is v1.3.0 and package.json has version 1.2.0.",
  );
});

it("a release that the changelog does not date is refused", () => {
  const undated = changelog.replace("[1.2.0] - 2026-01-31", "[1.2.0]");
  for (const text of ["", undated]) {
    expect(() => releaseNotes("v1.2.0", "1.2.0", text)).toThrow('no section "## [1.2.0]');
  }
});

it("a dry run has no tag, and its section needs no date", () => {
  const undated = changelog.replace("[1.2.0] - 2026-01-31", "[1.2.0] - not released");
  expect(releaseNotes("", "1.2.0", undated)).toBe("### Fixed\n\n- What was wrong.");
  expect(() => releaseNotes("", "1.3.0", undated)).toThrow('no section "## [1.3.0]');
});

it("a section without a change is refused", () => {
  const empty = changelog.replace("- What was wrong.", "");
  expect(() => releaseNotes("v1.2.0", "1.2.0", empty)).toThrow("[1.2.0] of CHANGELOG.md is empty");
});
