import type { CommandStartedEvent, Db, Document } from "mongodb";

/** The options of a connection string with which a driver tells what it sends. */
export const watchedOptions = "monitorCommands=true&directConnection=true";

/**
 * How much a server looks at for what some work asks it, by its own explanation of each query: entries of an index or
 * documents, whichever are more, by collection. Queries by `_id` alone look at what they name, and are left out.
 *
 * @param database of a client with `watchedOptions`, which does the work
 */
export async function examinedBy(
  database: Db,
  work: () => Promise<unknown>,
): Promise<Record<string, number>> {
  const asked: Document[] = [];
  const note = ({ command }: CommandStartedEvent) => void asked.push(command);
  database.client.on("commandStarted", note);
  await work();
  database.client.off("commandStarted", note);
  const counts: Record<string, number> = {};
  for (const command of asked) {
    // A database's own aggregation begins with the command's documents.
    const name: unknown = command.find ?? command.aggregate;
    if (typeof name !== "string") continue;
    counts[name] = (counts[name] ?? 0) + (await examinedFor(database, command));
  }
  return counts;
}

async function examinedFor(database: Db, command: Document): Promise<number> {
  const fields = Object.keys((command.filter ?? {}) as object);
  const isFind = "find" in command;
  if (isFind && fields.join() === "_id") return 0;
  const names = isFind ? ["find", "filter", "sort"] : ["aggregate", "pipeline", "cursor"];
  const asked = names.filter((name) => name in command);
  const explain: object = Object.fromEntries(
    asked.map((name): [string, unknown] => [name, command[name]]),
  );
  const answer = await database.command({ explain, verbosity: "executionStats" });
  const { totalDocsExamined, totalKeysExamined } = answer.executionStats as Document;
  // The first document of an order that an index has; the embedded server's explanation knows no limit.
  const isFirst = command.limit === 1 && fields.length === 0;
  if (isFirst && !JSON.stringify(answer.queryPlanner).includes('"SORT"')) return 1;
  return Math.max(Number(totalDocsExamined), Number(totalKeysExamined));
}
