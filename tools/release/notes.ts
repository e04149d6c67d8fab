import { PartError } from "../parts";

/**
 * A version's section of a changelog, without its heading.
 *
 * @param tag such as `v0.2.0`; empty for a dry run, in which the section needs no date yet
 * @param project the version in package.json
 * @throws PartError if the tag is of another version, or the changelog has no dated section of it, or an empty one
 */
export function releaseNotes(tag: string, project: string, changelog: string): string {
  if (tag !== "" && tag !== `v${project}`) {
    throw new PartError(`The tag is ${tag} and package.json has version ${project}. Change one.`);
  }
  const [, ...sections] = changelog.split(/^## /m);
  const date = tag === "" ? ".*" : String.raw`\d{4}-\d\d-\d\d`;
  const heading = new RegExp(`^\\[${project.replaceAll(".", "\\.")}\\] - ${date}\\n`);
  const section = sections.find((text) => heading.test(text));
  if (section === undefined) {
    throw new PartError(
      `CHANGELOG.md has no section "## [${project}] - YYYY-MM-DD". Date the release there first.`,
    );
  }
  const notes = section.replace(heading, "").trim();
  if (!notes.includes("- ")) {
    throw new PartError(`The section [${project}] of CHANGELOG.md is empty. Say what changes.`);
  }
  return notes;
}
