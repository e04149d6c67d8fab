import { documentOptions } from "../../contract/options";
import { eventsOf } from "../journal";
import type { Walk } from "./walk";

/** How often an operator runs a step again before giving up. */
const maxAttempts = 6;

/** What stops a step of the product says why, and who reads it can end the cause and run the step again. */
export class Operator {
  /** What stopped, in the product's words. */
  readonly stops: string[] = [];
  /** Whether bases could not be written in a rollback: a run that went on in files then is a conflict. */
  private isUnconfirmed = false;

  constructor(private readonly walk: Walk) {}

  /**
   * Runs a step until it is done.
   *
   * @returns false if it stops for nothing that the walk knows of, or again and again: then `problems` says so
   */
  async run(what: string, step: () => Promise<unknown>): Promise<boolean> {
    for (let attempt = 1; attempt <= maxAttempts; attempt += 1) {
      try {
        await step();
        return true;
      } catch (error) {
        const words = error instanceof Error ? error.message : String(error);
        this.stops.push(`${what}: ${words}`);
        await this.walk.settle();
        const problem = this.problemOf(error as Error, words) ?? (await this.react(what, words));
        if (problem === undefined) continue;
        this.walk.problems.push(`${what} ${problem}: ${words.slice(0, 400)}`);
        return false;
      }
    }
    this.walk.problems.push(`${what} stops again and again: ${this.stops.at(-1) ?? ""}`);
    return false;
  }

  /** An error of the code says nothing to an operator. */
  private problemOf(error: Error, words: string): string | undefined {
    const isOfCode = [TypeError, RangeError, ReferenceError].some((kind) => error instanceof kind);
    const saysWhatToDo = /\b(run|set|fix|free|check|mount|wait|move|delete|grant)\b/i.test(words);
    return isOfCode || !saysWhatToDo ? "stops and does not say why" : undefined;
  }

  /** Ends what a stop may come from, or goes on as it says; else says what is wrong with it. */
  private async react(what: string, words: string): Promise<string | undefined> {
    const { world, random, product } = this.walk;
    if (await world.writer.repair()) return undefined;
    if (await this.deletePurged(words)) return undefined;
    if (this.isUnconfirmed && (await this.preferFiles(words))) return undefined;
    if (world.dangers.has("in place") && /not valid JSON|is empty/.test(words)) {
      return "stops for a file that is being written";
    }
    if (what === "Verification" && product.replaceFinalPass()) return undefined;
    if (!/back|export/.test(what)) return world.heal() ? undefined : "stops for nothing";
    const hasWays = what !== "export" && world.between.other === undefined;
    if (hasWays && "abandonMongo" in product.advanced) return "stops although MongoDB is abandoned";
    // What the runbook names, whether the words of this stop do or not.
    const ways = words.includes("exportUnconfirmed") ? ["exportUnconfirmed"] : [];
    const way = random.pick(hasWays ? [...ways, "abandonMongo", ""] : [""]);
    if (way === "" || way in product.advanced)
      return world.heal() ? undefined : "stops for nothing";
    product.advanced = { ...product.advanced, [way]: product.fencedAt ?? "" };
    this.isUnconfirmed ||= way === "exportUnconfirmed";
    return undefined;
  }

  /** Of conflicts with MongoDB's copies the files are right: the runs' own documents are deleted, by hand. */
  private async preferFiles(words: string): Promise<boolean> {
    const { world, journal } = this.walk;
    const stems = [...words.matchAll(/\/(\S+)\.json \(MongoDB has different/g)].map(
      ([, stem]) => stem,
    );
    const runIds = eventsOf(journal, "submitted").map(({ runId }) => runId);
    const named = runIds.filter((runId) => stems.includes(`runs/${runId.replaceAll("/", "_")}`));
    const runs = world.database.collection<{ _id: string }>(documentOptions.collections.runs);
    await runs.deleteMany({ _id: { $in: named } });
    return named.length > 0;
  }

  /** A run that one side purged goes on the other side too, by hand, if a stop names it. */
  private async deletePurged(words: string): Promise<boolean> {
    const { world } = this.walk;
    const named = [...world.purged].filter((runId) => words.includes(runId));
    for (const runId of named) {
      for (const mode of ["filesystem", "mongo"] as const) await world.delete(mode, runId);
    }
    return named.length > 0;
  }
}
