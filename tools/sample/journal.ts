import type { Random } from "./random";
import { enumeration, formatTicks, type Style } from "./style";
import { collections } from "../../components/contract";

/** The levels of a log line (the document, `pack_run_logs`). */
export type LogLevel = "trace" | "debug" | "info" | "warn" | "error";

/** What a log line says beside its place in the log. */
export interface Event {
  readonly level: LogLevel;
  readonly type: string;
  readonly message: string;
  readonly stepId?: string | undefined;
  readonly metadata?: Readonly<Record<string, string>>;
}

const levels = collections.logs.fields.level?.names ?? [];

/** A run's clock and its log, whose sequences count from 1. */
export class LogWriter {
  readonly lines: object[] = [];

  /** @param now tenths of a microsecond since 1970 */
  constructor(
    private now: bigint,
    private readonly random: Random,
    readonly style: Style,
  ) {}

  /** Lets some time go by, in milliseconds at most; no two moments are the same. */
  pass(most: number): void {
    this.now += BigInt(this.random.between(1, most * 10_000));
  }

  /** The moment, or one that is so many seconds away. */
  moment(secondsAway = 0): string {
    return formatTicks(this.now + BigInt(secondsAway) * 10_000_000n, this.style);
  }

  write({ level, type, message, stepId, metadata }: Event): void {
    this.pass(900);
    this.lines.push({
      sequence: this.lines.length + 1,
      timestamp: this.moment(),
      level: enumeration(levels, level, this.style),
      eventType: type,
      message,
      stepId,
      metadata,
    });
  }
}
