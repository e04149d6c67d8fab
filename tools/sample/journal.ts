import type { Random } from "./random";
import { enumeration, formatTicks, type Style } from "./style";
import { collections } from "../../components/contract";

/** Log levels (specification, `pack_run_logs`). */
export type LogLevel = "trace" | "debug" | "info" | "warn" | "error";

/** A log line without its sequence and time. */
export interface Event {
  readonly level: LogLevel;
  readonly type: string;
  readonly message: string;
  readonly stepId?: string | undefined;
  readonly metadata?: Readonly<Record<string, string>>;
}

const levels = collections.logs.fields.level?.names ?? [];

/** A run's clock and log; sequences start at 1, if lines have them. */
export class LogWriter {
  readonly lines: object[] = [];

  /** @param now tenths of a microsecond since 1970 */
  constructor(
    private now: bigint,
    private readonly random: Random,
    readonly style: Style,
  ) {}

  /** Advances the clock by up to `most` milliseconds; no two moments are equal. */
  pass(most: number): void {
    this.now += BigInt(this.random.between(1, most * 10_000));
  }

  /** The current moment, or one at an offset. */
  moment(secondsAway = 0): string {
    return formatTicks(this.now + BigInt(secondsAway) * 10_000_000n, this.style);
  }

  write({ level, type, message, stepId, metadata }: Event): void {
    this.pass(900);
    this.lines.push({
      ...(this.style.form === "names" && { sequence: this.lines.length + 1 }),
      timestamp: this.moment(),
      level: enumeration(levels, level, this.style),
      eventType: type,
      message,
      stepId,
      metadata,
    });
  }
}
