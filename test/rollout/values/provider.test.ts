import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { parse } from "yaml";
import { providers } from "../../../components/rollout/provider";
import {
  changes,
  created,
  file,
  folder,
  inFolder,
  inputs,
  original,
  password,
  stored,
  text,
  updated,
  onOtherSecret,
} from "./worker-file";

const { ValuesFile } = providers;

inFolder();

describe("the cutover and the rollback", () => {
  it("writes the file, and a second run changes nothing", async () => {
    const state = await created(inputs("mongo"));
    expect(await text()).toContain("value: mongo # until the cutover");
    expect(await text()).not.toContain(password);
    expect(await changes(state, inputs("mongo"))).toBe(false);
  });

  it("goes back to the same bytes, and a second run changes nothing", async () => {
    const state = await created(inputs("mongo"));
    expect(await changes(state, inputs("filesystem"))).toBe(true);
    const back = await updated(state, inputs("filesystem"));
    expect(await text()).toBe(original);
    expect(await changes(back, inputs("filesystem"))).toBe(false);
  });

  it("goes back to the same bytes where the file stated no mode, and leaves it at that", async () => {
    await writeFile(file, "replicas: 1\n");
    const state = await created(inputs("mongo"));
    const back = await updated(state, inputs("filesystem"));
    expect(await text()).toBe("replicas: 1\n");
    expect(await changes(back, inputs("filesystem"))).toBe(false);
    expect((await ValuesFile.read("worker", back)).inputs).toEqual(inputs("filesystem"));
  });

  it("a second cutover goes back to what stood before it, not before the first", async () => {
    const first = await updated(await created(inputs("mongo")), inputs("filesystem"));
    const rotated = original.replace(password, "an0ther");
    await writeFile(file, rotated);
    expect(await changes(first, inputs("filesystem"))).toBe(false);
    await updated(await updated(first, inputs("mongo")), inputs("filesystem"));
    expect(await text()).toBe(rotated);
  });

  it("a cutover that was cut off after the file was written leaves no reference behind", async () => {
    await created(inputs("mongo"));
    const state = await created(inputs("mongo"));
    expect(state).toHaveProperty("before", null);
    await updated(state, inputs("filesystem"));
    expect(await text()).toBe(original.split("\n").slice(0, 6).join("\n") + "\n");
  });

  it("goes on from what stood before where the update is done again", async () => {
    const state = await created(inputs("mongo"));
    await updated(state, inputs("filesystem"));
    await updated(state, inputs("filesystem"));
    expect(await text()).toBe(original);
  });

  it("a new stack in filesystem mode sees to the mode alone", async () => {
    await writeFile(file, original.replace("filesystem", "files"));
    await created(inputs("filesystem"));
    expect(await text()).toBe(original);
  });

  it("a new stack takes no file from mongo to filesystem: it knows of no cutover", async () => {
    await writeFile(file, original.replace("filesystem", "Mongo"));
    const checked = async (olds: object, mode: "mongo" | "filesystem") =>
      (await ValuesFile.check(olds, inputs(mode))).failures;

    const [failure] = (await checked({}, "filesystem")) ?? [];
    expect(failure?.reason).toMatch(
      /^The values file \S+ has worker in mongo mode\. This step is new .* a rollback would export nothing .* with storageMode: mongo first: .*, set Worker__Storage__Mode in it to filesystem by hand\.$/,
    );
    expect(await checked({}, "mongo")).toEqual([]);
    expect(await checked(inputs("mongo"), "filesystem")).toEqual([]);
    await writeFile(file, original);
    expect(await checked({}, "filesystem")).toEqual([]);
  });

  it("writes entries in the document's order, however the engine hands them over", async () => {
    const sorted = Object.fromEntries(Object.entries(inputs("mongo").environment).sort());
    const secretKeyRef = { key: "connectionString", name: "taskrunner-mongo" };
    sorted.Worker__Storage__Mongo__ConnectionString = { secretKeyRef };
    await created(inputs("mongo"));
    const cutover = await text();
    await writeFile(file, original);
    await created(inputs("mongo", { environment: sorted }));
    expect(await text()).toBe(cutover);
    expect(cutover).toContain("name: taskrunner-mongo\n        key: connectionString\n");
  });
});

describe("an edit by hand", () => {
  it("is a change, and the next run puts ours back", async () => {
    const state = await created(inputs("mongo"));
    const cutover = await text();
    await writeFile(file, cutover.replace("value: mongo", "value: filesystem"));
    expect(await changes(state, inputs("mongo"))).toBe(true);
    const again = await updated(state, inputs("mongo"));
    expect(await text()).toBe(cutover);
    await updated(again, inputs("filesystem"));
    expect(await text()).toBe(original);
  });

  it("of anything else is none of ours, and stays in a rollback, which says so", async () => {
    const state = await created(inputs("mongo"));
    const said = vi.spyOn(console, "log").mockImplementation(() => undefined);
    await writeFile(file, (await text()).replace("UTC", "CET # moved"));
    expect(await changes(state, inputs("mongo"))).toBe(false);
    const rotated = await updated(state, onOtherSecret());
    await updated(rotated, inputs("filesystem"));
    expect(parse(await text())).toEqual(parse(original.replace("UTC", "CET")));
    expect(said).toHaveBeenCalledExactlyOnceWith(expect.stringContaining(file));
    said.mockRestore();
  });

  it("that nobody made is none either: a rollback that restores the text says nothing", async () => {
    const said = vi.spyOn(console, "log").mockImplementation(() => undefined);
    await updated(
      await updated(await created(inputs("mongo")), onOtherSecret()),
      inputs("filesystem"),
    );
    expect(await text()).toBe(original);
    expect(said).not.toHaveBeenCalled();
    said.mockRestore();
  });

  it("of the mode before a rollback never leaves the service in mongo mode", async () => {
    await writeFile(file, original.replace("filesystem", "Mongo"));
    const state = await created(inputs("mongo"));
    await updated(state, inputs("filesystem"));
    expect(parse(await text())).toEqual(parse(original));
  });

  it("shows on refresh, a connection string never", async () => {
    const state = await created(inputs("mongo"));
    const edited = original.replace("filesystem", "Mongo");
    await writeFile(file, edited);
    const found = await ValuesFile.read("worker", state);
    expect(found.inputs).toEqual(
      inputs("mongo", {
        environment: {
          Worker__Storage__Mode: "Mongo",
          Worker__Storage__Mongo__ConnectionString: "(a text in the file)",
        },
      }),
    );
    expect(stored(found.props).before).toEqual(state.before);
    expect(await changes(stored(found.props), inputs("mongo"))).toBe(true);
  });

  it("shows nothing on refresh where there was none, or the file is not there", async () => {
    const state = await created(inputs("mongo"));
    expect((await ValuesFile.read("worker", state)).inputs).toEqual(inputs("mongo"));
    await rm(file);
    expect(await ValuesFile.read("worker", state)).toMatchObject({ id: "worker", props: state });
  });
});

describe("other settings of where the environment is", () => {
  it("change over the new place, and a rollback restores both", async () => {
    const state = await created(inputs("mongo"));
    const other = inputs("mongo", { path: "worker.env" });
    expect(await changes(state, other)).toBe(true);
    const moved = await updated(state, other);
    expect(await text()).toContain("\nworker:\n  env:\n    - name: Worker__Storage__Mode\n");
    await updated(moved, inputs("filesystem", { path: "worker.env" }));
    expect(await text()).toBe(original);
  });

  it("take nothing of one file to another", async () => {
    const other = join(folder, "other.yaml");
    const text = "env: []\n";
    await writeFile(other, text);
    const state = await created(inputs("mongo"));
    const moved = await updated(state, inputs("mongo", { file: other }));
    await updated(moved, inputs("filesystem", { file: other }));
    expect(await readFile(other, "utf8")).toBe(text);
  });

  it("follow a file that was renamed", async () => {
    const state = await created(inputs("mongo"));
    const renamed = join(folder, "renamed.yaml");
    await rename(file, renamed);
    const followed = await updated(state, inputs("mongo", { file: renamed }));
    await updated(followed, inputs("filesystem", { file: renamed }));
    expect(await readFile(renamed, "utf8")).toBe(original);
  });
});
