import { formatCount } from "../contract/text";

/** A count with a statement, such as `2 resources destroyed`; undefined for none. */
export function describeAny(count: number, one: string, rest = ""): string | undefined {
  return count > 0 ? formatCount(count, one) + rest : undefined;
}

/** Whether there is something to say. */
export const isSaid = (words: string | false | undefined) => words !== false && words !== undefined;

/** Words with a comma between them, without those that are not there. */
export function formatList(parts: readonly (string | false | undefined)[]): string {
  return parts.filter(isSaid).join(", ");
}

/** A time: `3.2 s`, `43 s`, `4 min 10 s`, `2 h 5 min`. */
export function formatDuration(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  if (ms < 10_000) return `${(ms / 1_000).toFixed(1)} s`;
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 120) return `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Bytes as a person reads them: `51 kB`, `12.3 MB`, `3.2 GB`. */
export function formatSize(bytes: number): string {
  if (bytes < 1e5) return `${Math.ceil(bytes / 1e3)} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
