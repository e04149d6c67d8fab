import { expect, vi } from "vitest";
import type { TestStack } from "./stack";

interface State {
  readonly deployment: {
    readonly pending_operations?: readonly { readonly resource: { readonly urn: string } }[];
  };
}

/** Waits until the engine is at the step of a resource of this name. */
export function untilStepRuns(stack: TestStack, name: string): Promise<void> {
  return vi.waitFor(
    async () => {
      const { deployment } = JSON.parse(await stack.state()) as State;
      const pending = deployment.pending_operations ?? [];
      expect(pending.map(({ resource }) => resource.urn.split("::").at(-1))).toContain(name);
    },
    { timeout: 150_000, interval: 1_000 },
  );
}
