import { AsyncLocalStorage } from "node:async_hooks";
import { vi } from "vitest";

const listeners = new AsyncLocalStorage<string[]>();

/** Keeps the console quiet until the test has finished. */
export function listenToConsole(): void {
  for (const method of ["log", "warn", "error"] as const) {
    vi.spyOn(console, method).mockImplementation((line: unknown) => {
      listeners.getStore()?.push(String(line));
    });
  }
}

/** What some work prints, line by line. */
export async function linesOf(work: () => Promise<unknown>): Promise<string[]> {
  const lines: string[] = [];
  await listeners.run(lines, work);
  return lines;
}
