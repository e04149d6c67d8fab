import { MongoServerError } from "mongodb";
import type { Command } from "./planner/change";
import { describeDataIssue, type DataIssue } from "./issues/data-issues";
import { describePrivilege } from "./privileges";

/** A wanted collection's name belongs to something else; nothing was changed. */
export class MigrationConflict extends Error {
  override readonly name = "MigrationConflict";

  constructor(collection: string, type: string) {
    super(
      `The collection ${collection} cannot be made: a ${type} of this name exists. ` +
        `Give ours another name (mongo.collections) or move the ${type} away.`,
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
        `The migration of database ${database} was stopped by its data; nothing was changed.`,
        ...issues.map(describeDataIssue),
        "Mend or remove these documents, then run again; or set migration.onDataIssue: report to " +
          "do what can be done and list the rest.",
      ].join("\n"),
    );
  }
}

/** Right before a command the collection was not as the plan saw it; the command was not sent. */
export class PlanOutdated extends Error {
  override readonly name = "PlanOutdated";

  constructor(index: unknown) {
    super(`another runner changed index ${String(index)} meanwhile`);
  }
}

/** A command of the migration failed; `code` is the server's. Earlier commands stay done. */
export class MigrationError extends Error {
  override readonly name = "MigrationError";
  readonly code: number | undefined;

  /** @param notUndone what had to be undone after it and could not be, in words */
  constructor(
    database: string,
    { command, reason }: Command,
    cause: unknown,
    notUndone: readonly string[] = [],
  ) {
    const code = cause instanceof MongoServerError ? Number(cause.code) : undefined;
    const found = cause instanceof Error ? cause.message : String(cause);
    super(
      `${formatCommand(database, command)} (${reason}) failed` +
        `${code === undefined ? "" : ` with server code ${code}`}: ` +
        [`${found}.`, advice(code, describePrivilege(database, command)), ...notUndone].join(" "),
      { cause },
    );
    this.code = code;
  }
}

function formatCommand(database: string, command: Command["command"]): string {
  const [verb = "", collection] = Object.entries(command)[0] ?? [];
  const indexes = (command.indexes as { name: string }[] | undefined)?.map(({ name }) => name);
  const dropped: unknown = command.index;
  const index = indexes?.join(", ") ?? (typeof dropped === "string" ? dropped : indexName(dropped));
  return `${verb} on ${database}.${String(collection)}${index ? `, index ${index},` : ""}`;
}

function indexName(option: unknown): string | undefined {
  return (option as { name?: string } | undefined)?.name;
}

function advice(code: number | undefined, privilege: string): string {
  switch (code) {
    case 13:
      return `The user of mongoUri lacks a privilege: grant it ${privilege}.`;
    case 11000:
    case 359:
      return "Two documents have the same key: remove or mend one of them, then run again.";
    case 85:
    case 86:
      return "Another index is in the way: rename ours (advanced.indexNames) or drop the other.";
    default:
      return "Mend the cause, then run again: what was done stays, the rest follows.";
  }
}
