import { expect, vi } from "vitest";
import type { EngineRun, TestStack } from "./stack";
import { nameIn, engineState } from "./state";

/** Waits until the engine is at the step of a resource of this name, and its state is written whole. */
export function untilStepRuns(
  stack: Pick<TestStack, "state">,
  name: string,
  { timeout = 150_000, interval = 1_000 } = {},
): Promise<void> {
  return vi.waitFor(
    async () => {
      const { deployment } = await engineState(stack);
      const pending = deployment.pending_operations ?? [];
      expect(pending.map(({ resource }) => nameIn(resource.urn))).toContain(name);
    },
    { timeout, interval },
  );
}

/** The steps of these kinds that a run did, in their order: `BulkPass bulk-pass`. */
export function stepsDone({ output }: EngineRun, kinds: readonly string[]): string[] {
  const kind = kinds.join("|");
  const done = new RegExp(`[:/]\\w+:(${kind}) taskrunner-([a-z-]+) (?:created|updated)`, "g");
  return [...output.matchAll(done)].map(([, of = "", name = ""]) => `${of} ${name}`);
}

/** What a run says that its steps will do, in their order: in text or, with `--json`, as messages. */
export function stepsPlanned({ output }: EngineRun): string[] {
  const found = output.matchAll(/^ *(?:"message": ")?(.*) \[planned\](?:\\n)*(?:",)?$/gm);
  return [...new Set([...found].map(([, text = ""]) => text))];
}

/** The kinds of a cutover's steps, from the import to the verification. */
export const cutoverKinds = [
  "BulkPass",
  "Canary",
  "FirstVerification",
  "Drain",
  "Handover",
  "Release",
  "PodsReplaced",
  "FinalPass",
  "Verification",
] as const;
