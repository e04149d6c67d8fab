import { setTimeout as sleep } from "node:timers/promises";
import type { Random } from "../../../tools/sample/random";
import type { Wire } from "./wire";

/** The longest that an importer takes to come to where it stalls, in ms. */
const longestMs = 5_000;

/** An importer whose commands stand still from one of them on, until it goes on. */
export class StalledImport {
  private open: () => void = () => undefined;
  private readonly gate = new Promise<void>((resolve) => (this.open = resolve));
  private work: Promise<void> | undefined;

  constructor(
    private readonly wire: Wire,
    private readonly database: string,
  ) {}

  /** Starts it, and waits until it stands still or has ended. */
  async begin(work: () => Promise<void>, random: Random): Promise<void> {
    let left = random.between(5, 20);
    const stands = new Promise<void>((resolve) => {
      this.wire.disturb(this.database).before = async () => {
        if ((left -= 1) > 0) return;
        resolve();
        await this.gate;
      };
    });
    // Whatever it says: it is not this importer that decides anything.
    this.work = work().catch(() => undefined);
    await Promise.race([stands, this.work, sleep(longestMs)]);
  }

  /** Lets it go on, and waits for its end. */
  async end(): Promise<void> {
    this.open();
    await this.work;
  }
}
