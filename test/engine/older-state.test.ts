import { cp, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeStack, type TestStack } from "./stack";

/**
 * States as earlier versions of this project left them, exported from the real engine (`pulumi
 * stack export`, the test's folder replaced by {{folder}}). Refresh and destroy run the code that
 * a state names, so the paths of the providers' modules must stay.
 */
const states = join(__dirname, "states");
const minutes = 60_000;

let stack: TestStack;

beforeAll(async () => {
  stack = await makeStack();
  await cp("sample/rollout", join(stack.folder, "rollout"), { recursive: true });
}, 15 * minutes);
afterAll(() => stack.remove());

interface State {
  readonly deployment: { readonly resources?: readonly { readonly urn: string }[] };
}

const namesIn = (state: string) =>
  ((JSON.parse(state) as State).deployment.resources ?? []).map(({ urn }) => urn).sort();
const resources = async () => namesIn(await stack.state());

describe("a stack of an older version, with its server gone", async () => {
  it.each(await readdir(states))(
    "is refreshed and destroyed: %s",
    async (file) => {
      const text = gunzipSync(await readFile(join(states, file))).toString("utf8");
      await stack.importState(text.replaceAll("{{folder}}", stack.folder));

      const refresh = await stack.pulumi("refresh", "--yes", "--skip-preview");
      expect(refresh.failed).toBe(false);
      expect(refresh.output).toContain("pack_runs was not refreshed. Connecting to MongoDB at");
      expect(await resources()).toEqual(namesIn(text));

      const destroy = await stack.pulumi("destroy", "--yes", "--skip-preview");
      expect(destroy.failed).toBe(false);
      expect(await resources()).toEqual([]);
    },
    3 * minutes,
  );
});
