import { MongoServerError } from "mongodb";
import type { Command } from "./planner/change";
import { describeDataIssue, type DataIssue } from "./issues/data-issues";

/** A wanted collection's name is taken by something else. Nothing was changed. */
export class MigrationConflict extends Error {
  override readonly name = "MigrationConflict";

  constructor(collection: string, type: string) {
    super(
      `The collection ${collection} cannot be created: a ${type} of this name exists. ` +
        `Set another name in mongo.collections, or rename the ${type}.`,
    );
  }
}

/** Documents block the migration; the message names them all. */
export class DataIssues extends Error {
  override readonly name = "DataIssues";

  constructor(
    database: string,
    readonly issues: readonly DataIssue[],
  ) {
    super(
      [
        `The migration of database ${database} stopped because of blocking documents; nothing was changed.`,
        ...issues.map(describeDataIssue),
        "Fix or delete these documents and run it again. Or set migration.onDataIssue: report, which " +
          "applies all changes that nothing blocks and lists the others.",
      ].join("\n"),
    );
  }
}

/** A command of the migration failed; `code` is the server's. Earlier commands stay done. */
export class MigrationError extends Error {
  override readonly name = "MigrationError";
  readonly code: number | undefined;

  /** @param notUndone the error of a failed undo, as text */
  constructor(database: string, { command, reason }: Command, cause: unknown, notUndone?: string) {
    const code = cause instanceof MongoServerError ? Number(cause.code) : undefined;
    const found = cause instanceof Error ? cause.message : String(cause);
    const [verb = "", collection] = Object.entries(command)[0] ?? [];
    const target = `${database}.${String(collection)}`;
    const { index, indexes = index === undefined ? [] : [index] } = command as {
      readonly index?: NamedIndex;
      readonly indexes?: readonly NamedIndex[];
    };
    const names = indexes.map((one) => (typeof one === "string" ? one : one.name)).join(", ");
    super(
      `${verb} on ${target}${names ? `, index ${names},` : ""} (${reason}) failed` +
        `${code === undefined ? "" : ` with server code ${code}`}: ` +
        `${found}. ${describeFix(code, `${actionOf[verb] ?? verb} on ${target}`)}` +
        (notUndone === undefined ? "" : ` ${notUndone}`),
      { cause },
    );
    this.code = code;
  }
}

/** An index in a command; `dropIndexes` has only its name. */
type NamedIndex = string | { readonly name: string };

/** Privileges with another name than their command. */
const actionOf: Readonly<Record<string, string>> = {
  create: "createCollection",
  createIndexes: "createIndex",
  dropIndexes: "dropIndex",
};

function describeFix(code: number | undefined, privilege: string): string {
  switch (code) {
    case 13:
      return `The user of mongoUri lacks a privilege: grant ${privilege}.`;
    case 11000:
    case 359:
      return "Two documents have the same key: delete or fix one of them and run it again.";
    case 85:
    case 86:
      return "Another index blocks it: drop the other index and run it again.";
    default:
      return "Fix the cause and run it again: completed changes stay, and the others follow.";
  }
}
