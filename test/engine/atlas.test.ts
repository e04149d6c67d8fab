import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { PlayedAtlas } from "../atlas/atlas";
import { makeAtlasSite, type AtlasSite } from "../atlas/site";
import { stable } from "../review/stable";
import { reviewed } from "./reviewed";
import type { TestStack } from "./stack";
import { allowForEngine } from "./stacks";

/** The cluster as it is in the end. */
const rotated = { instanceSize: "M30", passwordVersion: 3 };

allowForEngine();

let site: AtlasSite;
let stack: TestStack;
let atlas: PlayedAtlas;

beforeAll(async () => {
  site = await makeAtlasSite();
  ({ stack, atlas } = site);
});
afterAll(() => site.remove());

describe("a stack with a cluster of Atlas", () => {
  it("shows everything as to be created, and connects to nothing", async () => {
    await site.play();
    await site.configure();
    const output = await site.succeeded(stack.preview());

    for (const made of [
      "mongodbatlas:index/advancedCluster:AdvancedCluster",
      "mongodbatlas:index/projectIpAccessList:ProjectIpAccessList",
      "mongodbatlas:index/customDbRole:CustomDbRole",
      "mongodbatlas:index/databaseUser:DatabaseUser",
      "pulumi-nodejs:dynamic/mongo:Collection",
      "pulumi-nodejs:dynamic/mongo:Index",
      "pulumi-nodejs:dynamic/taskrunner:BulkPass",
      "pulumi-nodejs:dynamic/taskrunner:FirstVerification",
      "pulumi-nodejs:dynamic/taskrunner:Verification",
    ]) {
      expect(output).toContain(`+ ${made}: (create)`);
    }
    expect(output).toMatch(/Resources:\n\s+\+ \d+ to create$/);
    expect(output).not.toMatch(/warning|198\.51\.100/);
    expect(await atlas.calls()).toEqual([]);
    expect(await site.databases()).not.toContain("taskrunner");
  });

  it("in filesystem mode lets the services wait for none of it", async () => {
    await site.play(["create AdvancedCluster"]);
    await site.configure({}, "filesystem");
    const output = await site.failed(
      stack.pulumi("up", "--yes", "--skip-preview", "--continue-on-error"),
    );

    expect(output).toContain("Atlas answers 500 to create AdvancedCluster cluster");
    expect(output).toContain("ValuesFile taskrunner-worker created");
    expect(output).toContain("ValuesFile taskrunner-web created");
    await atlas.calls();
  });

  it("creates an entry again that an `up` created and the state lacks", async () => {
    // No user is created beside it: the next case counts on that.
    const users = ["create DatabaseUser migrator", "create DatabaseUser application"];
    await site.play(users, { late: ["create ProjectIpAccessList"] });
    await site.configure();
    const output = await site.failed(stack.up());
    expect(output).toContain("Atlas has not finished create ProjectIpAccessList");
    expect(await atlas.calls()).toContain("create AdvancedCluster cluster");
    expect(await atlas.accessList()).toEqual({ "203.0.113.7": "the engine" });

    await site.play();
    expect(await site.succeeded(stack.preview())).toContain("+ mongodbatlas:index/projectIpAcc");
  });

  it("stops where Atlas fails, and goes on from there, once both users can log in", async () => {
    await site.play(["create DatabaseUser application"]);
    const output = await site.failed(stack.up());
    expect(output).toContain("Atlas answers 500 to create DatabaseUser application");
    const before = await atlas.calls();
    expect(await site.databases()).not.toContain("taskrunner");

    // The server knows the user only after a log-in was refused, however busy this machine is.
    const admission = { user: "taskrunner-application-1", file: join(stack.folder, "admission") };
    await site.play([], { admission });
    let databases: readonly string[] | undefined;
    const admit = async () => {
      databases = await site.databases();
      await writeFile(admission.file, "");
    };
    const isRefused = /user taskrunner-application-1: cannot log in/;
    const up = await site.succeeded(stack.upBeside(isRefused, () => void admit()));
    expect(up).toMatch(/taskrunner-application-1: can log in, after \d+ s/);
    expect(databases).not.toContain("taskrunner");
    await site.play();
    const after = await atlas.calls();
    expect(after).toContain("create DatabaseUser application");
    expect([...before, ...after]).not.toContain("create AdvancedCluster cluster");
    expect(after.filter((call) => before.includes(call))).toEqual([
      "create DatabaseUser application",
    ]);
    expect(await stack.outputs()).toMatchObject({
      database: "taskrunner",
      verification: { holds: true },
    });
  });

  it("gives each user what it needs and no more", async () => {
    expect(await site.userNames()).toEqual([
      "root",
      "taskrunner-application-1",
      "taskrunner-migrator-1",
    ]);
    const application = await site.loggedInAs("taskrunner-application-1");
    const database = application.db("taskrunner");

    expect(await database.collection("pack_runs").countDocuments()).toBe(5);
    await expect(database.createCollection("more")).rejects.toThrow(/not authorized|privilege/);
    await application.close();
  });

  it("changes the size in place, and the preview shows only that", async () => {
    await site.configure({ instanceSize: "M20" });
    const { body } = await reviewed(stack, {});
    const snapshot = "../review/gallery/cluster-size.md";
    await expect(stable(body)).toMatchFileSnapshot(snapshot);

    // An entry of the access list is written over for another comment.
    const address = "203.0.113.7";
    const accessList = [{ range: `${address}/32`, comment: "builds" }];
    await site.configure({ instanceSize: "M20", accessList });
    await site.succeeded(stack.up());
    expect(await atlas.accessList()).toEqual({ [address]: "builds" });
    expect(JSON.stringify(await atlas.cluster())).toContain('"instanceSize":"M20"');
    const calls = await atlas.calls();
    expect(calls.filter((call) => !call.includes("ProjectIpAccessList"))).toEqual([
      "update AdvancedCluster cluster",
    ]);
  });

  it("keeps the size that it has beside `compute`, and says so", async () => {
    const autoScaling = { compute: { min: "M10", max: "M40" } };
    await site.configure({ instanceSize: "M20", autoScaling });
    await site.succeeded(stack.up());
    expect(await atlas.calls()).toContain("update AdvancedCluster cluster");

    await site.configure({ instanceSize: "M30", autoScaling });
    const up = await site.succeeded(stack.up());
    expect(up).toMatch(/warning: .*instanceSize.* M30 .* M20.*\[size-ignored\]/);
    expect(await atlas.calls()).toEqual([]);
  });

  it("rotates both users: new ones first, the services' reference, the old ones last", async () => {
    await site.configure({ instanceSize: "M20", passwordVersion: 2, accessList: [] });
    await site.succeeded(stack.up());
    // Others of the project may need an entry that the settings no longer list.
    expect(await atlas.accessList()).toEqual({ "203.0.113.7": "the engine" });
    const calls = await atlas.calls();
    expect(calls.filter((call) => call.includes("DatabaseUser"))).toEqual([
      expect.stringMatching(/^create DatabaseUser/),
      expect.stringMatching(/^create DatabaseUser/),
      expect.stringMatching(/^delete DatabaseUser/),
      expect.stringMatching(/^delete DatabaseUser/),
    ]);
    expect(await site.userNames()).toEqual([
      "root",
      "taskrunner-application-2",
      "taskrunner-migrator-2",
    ]);
  });

  it("goes back to files while neither Atlas nor MongoDB answers, also after a failed change", async () => {
    await site.play(["update", "create", "delete"]);
    await site.configure({ instanceSize: "M30", passwordVersion: 2 });
    await site.failed(stack.up());
    await site.stopServer();
    const accessList = [{ address: "198.51.100.9" }];
    await site.configure({ instanceSize: "M30", passwordVersion: 2, accessList }, "filesystem");
    await atlas.calls();

    const back = await site.succeeded(stack.up());
    expect(back).not.toMatch(/[~+-] +mongodbatlas:/);
    expect(back).toContain("Nothing was exported");
    expect(await atlas.calls()).toEqual([]);
    expect(await stack.outputs()).toMatchObject({ rollout: { worker: { mode: "filesystem" } } });
  });

  it("refuses to be destroyed, with nothing deleted", async () => {
    await site.startServer();
    await site.play();
    await site.configure({ instanceSize: "M30", passwordVersion: 2 });
    await site.succeeded(stack.up());
    await atlas.calls();

    const output = await site.failed(stack.pulumi("destroy", "--yes"));
    expect(output).toContain("AdvancedCluster");
    expect(output).toContain("protect");
    expect(await atlas.calls()).toEqual([]);
    expect(await site.modes()).toEqual(["mongo", "mongo"]);
  });

  it("comes back after a destroy that was refused too late, with other names for its users", async () => {
    await site.failed(stack.pulumi("destroy", "--yes", "--skip-preview"));
    const refused = await site.failed(stack.up());
    expect(refused).toMatch(/Atlas answers 409 to create (CustomDbRole|DatabaseUser)/);

    await site.configure(rotated);
    await site.succeeded(stack.up());
    expect(await site.modes()).toEqual(["mongo", "mongo"]);
    expect(await site.userNames()).toEqual(
      expect.arrayContaining(["taskrunner-application-2", "taskrunner-application-3"]),
    );
  });

  it("shows no password in anything printed, nor in the state", async () => {
    const passwords = [...(await atlas.passwords()).values()];
    const state = await stack.state();

    expect(passwords).toHaveLength(6);
    for (const password of passwords) {
      expect(password).toMatch(/^[\w-]{32}$/);
      expect([state, ...site.printed].join("\n")).not.toContain(password);
    }
    expect(state).not.toMatch(/mongodb:\/\/taskrunner/);
  });

  it("without protection is forgotten when the stack is destroyed, and stays in Atlas with its users", async () => {
    await site.play();
    await site.configure({ ...rotated, protection: false });
    await site.succeeded(stack.up());
    await atlas.calls();

    await site.succeeded(stack.pulumi("destroy", "--yes", "--skip-preview"));
    expect(await atlas.calls()).toEqual([]);
    expect(await site.userNames()).toContain("taskrunner-application-3");
    expect(await site.databases()).toContain("taskrunner");
  });
});
