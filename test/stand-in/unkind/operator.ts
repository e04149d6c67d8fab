import { documentOptions } from "../../contract/options";
import { adviceIn } from "./advice";
import type { Walk } from "./walk";

/** How often an operator runs `pulumi up` or a command again before giving up. */
const maxAttempts = 8;

/** How a stop is dealt with. */
interface Way {
  readonly name: string;
  follow(): unknown;
}

/**
 * Who runs the product, and knows only what it says: a stop names settings, commands, files or runs, and one of these
 * ways is followed to the letter.
 */
export class Operator {
  /** How often something stopped. */
  stops = 0;
  private readonly followed = new Set<string>();

  constructor(private readonly walk: Walk) {}

  /**
   * Does something until it is done.
   *
   * @returns `back` if the services are to go back to files; undefined if a stop has no way on that works: then
   *   `problems` says so
   */
  async run(what: string, work: () => Promise<unknown>): Promise<"done" | "back" | undefined> {
    const { history } = this.walk.world;
    this.followed.clear();
    for (let attempt = 1; attempt <= maxAttempts; attempt += 1) {
      try {
        await work();
        return "done";
      } catch (error) {
        const { message } = error as Error;
        this.stops += 1;
        history.push(`${what}: ${message}`);
        const ways = isOfCode(error) ? [] : this.waysOn(message);
        if (ways.length === 0) {
          this.walk.problems.push(`${what} has no way on that works: ${message}`);
          return undefined;
        }
        const way = this.walk.random.pick(ways);
        history.push(`way on: ${way.name}`);
        this.followed.add(`${message} ${way.name}`);
        if ((await way.follow()) === "back") return "back";
        await this.walk.meanwhile();
      }
    }
    this.walk.problems.push(`${what} stops again and again: ${history.at(-2) ?? ""}`);
    return undefined;
  }

  /** What the text of a stop names, and was not followed in vain. */
  private waysOn(message: string): Way[] {
    const { world } = this.walk;
    const broken = world.writer.brokenAmong(message, world.root);
    if (broken.length > 0) {
      return [{ name: `repair ${broken.join(", ")}`, follow: () => world.writer.repair() }];
    }
    const isNew = ({ name }: Way) => !this.followed.has(`${message} ${name}`);
    const open = this.waysIn(message).filter(isNew);
    // What MongoDB refuses has an end, whoever ends it.
    if (world.isDisturbed)
      open.push({
        name: "wait",
        follow: () => {
          world.heal();
        },
      });
    const again = { name: "again", follow: () => undefined };
    return open.length === 0 && message.includes("`pulumi up` again")
      ? [again].filter(isNew)
      : open;
  }

  private waysIn(message: string): Way[] {
    const { product, world } = this.walk;
    const advice = adviceIn(message);
    const named = world.runIdsIn(message, this.walk.known);
    const deletes = advice.deletes && named.length > 0;
    return [
      ...advice.settings.map(([name, value]) => ({
        name: `advanced.${name}: ${value}`,
        follow: () => (product.advanced = { ...product.advanced, [name]: value }),
      })),
      ...advice.commands.map((args) => ({
        name: args.join(" "),
        follow: () =>
          product.command(args).catch((error: unknown) => {
            world.history.push(`${args.join(" ")}: ${String(error)}`);
          }),
      })),
      ...(deletes
        ? [{ name: `delete ${named.join(", ")}`, follow: () => this.delete(named) }]
        : []),
      ...(advice.goesBack && this.walk.canGoBack
        ? [{ name: "go back", follow: () => "back" }]
        : []),
    ];
  }

  /** The advice names a run's own document and its approvals, not what else belongs to the run. */
  private async delete(runIds: readonly string[]): Promise<void> {
    const { database } = this.walk.world;
    const { runs, approvals } = documentOptions.collections;
    await database.collection<{ _id: string }>(runs).deleteMany({ _id: { $in: [...runIds] } });
    await database.collection(approvals).deleteMany({ runId: { $in: [...runIds] } });
  }
}

/** An error of the code says nothing to an operator. */
function isOfCode(error: unknown): boolean {
  return [TypeError, RangeError, ReferenceError].some((kind) => error instanceof kind);
}
