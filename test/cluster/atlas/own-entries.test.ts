import * as pulumi from "@pulumi/pulumi";
import { expect, it } from "vitest";
import { requireOwnEntries } from "../../../components/cluster/atlas/project";
import { atlasSettings } from "./settings";

const projectId = "5f0000000000000000000001";
const address = "203.0.113.7";
const entry = `${projectId}-${address}`;
const accessList = [{ address }, { range: "198.51.100.0/24" }];
const others = `${projectId}-198.51.100.0/24`;
/** An entry of one address, as the plugin has it in the state and in its list. */
const single = { projectId, ipAddress: address, cidrBlock: `${address}/32` };

/** Which entries the stack owns, by what Atlas lists (an error: it does not answer) and what the state has. */
async function ownEntries(listed: readonly object[] | Error, ...inState: readonly object[]) {
  const outputs = inState.map((outputs, at) => [`urn${at}`, { type: "any", outputs }]);
  const mocks: pulumi.runtime.Mocks = {
    newResource: ({ name, inputs }) => ({ id: name, state: inputs as object }),
    call: ({ token }) => {
      if (token.endsWith(":readStackResourceOutputs")) {
        return { outputs: Object.fromEntries(outputs) as object };
      }
      if (listed instanceof Error) throw listed;
      // The plugin says nothing of an empty list.
      return listed.length > 0 ? { results: listed } : {};
    },
  };
  await pulumi.runtime.setMocks(mocks, "taskrunner-storage", "test", false, "organization");
  const parent = new pulumi.ComponentResource("test:index:Parent", "parent");
  try {
    return await requireOwnEntries(atlasSettings({ accessList }), projectId, parent);
  } finally {
    // The next test has a monitor of its own, which does not know this resource.
    await pulumi.runtime.disconnect();
  }
}

it("owns entries that Atlas does not have yet", async () => {
  expect(await ownEntries([])).toEqual([entry, others]);
  const elsewhere = [{ ...single, ipAddress: "", cidrBlock: "198.51.100.128/25" }];
  expect(await ownEntries(elsewhere)).toEqual([entry, others]);
});

it("refuses an entry that Atlas has and the state lacks", async () => {
  await expect(ownEntries([single])).rejects.toThrow(`not from this stack: ${entry}. `);
});

it("goes on with an entry in the state of an earlier version", async () => {
  expect(await ownEntries([single], { database: "taskrunner" }, single)).toEqual([entry, others]);
});

it("does not take an entry of another project for its own", async () => {
  const other = { ...single, projectId: "5f0000000000000000000009" };
  await expect(ownEntries([single], other)).rejects.toThrow("not from this stack");
});

it("goes on with an entry that the last update was to create", async () => {
  expect(await ownEntries([single], { ownEntries: [entry] })).toEqual([entry, others]);
});

it("claims nothing new if Atlas does not answer", async () => {
  const away = new Error("Atlas answers 500");
  expect(await ownEntries(away, { ownEntries: [entry] })).toEqual([entry]);
});
