import { setTimeout as sleep } from "node:timers/promises";
import * as pulumi from "@pulumi/pulumi";
import { vi } from "vitest";

export const project = "taskrunner-storage";

/**
 * Runs the program on a played engine until all is registered.
 *
 * @param settings without their prefix
 * @returns its outputs, once they are known; after a failure never
 */
export async function runProgram(
  played: pulumi.runtime.Mocks,
  settings: object,
  { stack = "test", isPreview = false } = {},
): Promise<{ readonly outputs: Promise<Record<string, unknown>> }> {
  await pulumi.runtime.setMocks(played, project, stack, isPreview, "organization");
  const known = Object.entries(settings).filter(([, value]) => value !== undefined);
  const config = known.map(([key, value]: [string, unknown]) => [
    `${project}:${key}`,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  pulumi.runtime.setAllConfig(Object.fromEntries(config) as Record<string, string>, []);
  vi.resetModules();
  const program = (await import("../../index.js")) as Record<string, unknown>;
  const outputs = new Promise<Record<string, unknown>>((resolve) => {
    pulumi.output(program).apply((all) => {
      resolve(all);
    });
  });
  await pulumi.runtime.disconnect();
  return { outputs };
}

/** A resource's inputs as its provider gets them: without marks of secrets, and without what is unknown. */
export function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  if (pulumi.isUnknown(value)) return undefined;
  const members = Object.entries(value);
  if (pulumi.runtime.specialSigKey in value) return plain((value as { value?: unknown }).value);
  const known = members.map(([key, member]) => [key, plain(member)] as const);
  return Object.fromEntries(known.filter(([, member]) => member !== undefined));
}

/** What is printed meanwhile, by the program and by its steps. */
export function printed() {
  const lines: string[] = [];
  const add = (...words: unknown[]) => {
    lines.push(words.map(String).join(" "));
  };
  const spies = (["log", "info", "warn", "error"] as const).map((method) =>
    vi.spyOn(console, method).mockImplementation(add),
  );
  const stop = () => {
    for (const spy of spies) spy.mockRestore();
  };
  return { add, stop, text: () => lines.join("\n") };
}

/** Ignores rejections that nobody waits for: after a failure Pulumi's runtime has one for each resource that waited. */
export function ignoreRejections() {
  const before = process.listeners("unhandledRejection");
  process.removeAllListeners("unhandledRejection");
  process.on("unhandledRejection", () => undefined);
  const stop = async () => {
    await sleep(0);
    process.removeAllListeners("unhandledRejection");
    for (const listener of before) process.on("unhandledRejection", listener);
  };
  return { stop };
}
