import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { parse } from "yaml";
import { providers } from "../../../components/rollout/provider";
import {
  changes,
  createFile,
  file,
  folder,
  inFolder,
  fileInputs,
  list,
  map,
  password,
  refused,
  siteFile,
  readWorkerFile,
  updateFile,
} from "./worker-file";

const { ValuesFile } = providers;

inFolder();

interface Values {
  readonly env?: unknown;
}
const replaceInFile = async (text: string, other: string) =>
  writeFile(file, (await readWorkerFile()).replace(text, other));
const values = async () => parse(await readWorkerFile()) as Values;
const environment = async () => (await values()).env as { name: string; value?: string }[];

describe("the file of the stack's own", () => {
  it("has a site's whole list, with ours instead of the same variables", async () => {
    const state = await createFile(fileInputs("mongo"));

    const env = await environment();
    expect(env[0]).toEqual({ name: "TZ", value: "UTC" });
    expect(env[1]).toEqual({ name: "Worker__Storage__Mode", value: "mongo" });
    expect(env).toHaveLength(8);
    expect(await readWorkerFile()).not.toContain(password);
    expect(await readFile(siteFile, "utf8")).toBe(list);
    expect(await changes(state, fileInputs("mongo"))).toBe(false);
  });

  it("has only ours of a map, by the site's spelling", async () => {
    await writeFile(siteFile, map);
    await createFile(fileInputs("mongo"));

    const { env } = (await values()) as { env: object };
    expect(env).toMatchObject({
      WORKER__STORAGE__MODE: "mongo",
      Worker__Storage__Mongo__ConnectionString: {
        valueFrom: { secretKeyRef: { name: "taskrunner-mongo", key: "connectionString" } },
      },
    });
    expect(env).not.toHaveProperty("TZ");
    expect(env).not.toHaveProperty("Worker__Storage__Mode");
  });

  it("hides no list that states filesystem by itself, and has the mode otherwise", async () => {
    const state = await updateFile(await createFile(fileInputs("mongo")), fileInputs("filesystem"));
    expect((await environment()).find(({ name }) => name.endsWith("Mode"))?.value).toBe(
      "filesystem",
    );
    await writeFile(siteFile, list.replace("WORKER__STORAGE__MODE", "Worker__Storage__Mode"));
    expect(await changes(state, fileInputs("filesystem"))).toBe(true);
    await updateFile(state, fileInputs("filesystem"));
    expect(await values()).toEqual({});

    await writeFile(siteFile, map);
    await updateFile(state, fileInputs("filesystem"));
    expect(await values()).toEqual({ env: { WORKER__STORAGE__MODE: "filesystem" } });
  });

  it("takes the last of the site's files that has the variables, at any path", async () => {
    const more = join(folder, "prod.yaml");
    await writeFile(more, "worker:\n  env: [{ name: LAST, value: '0022' }]\n");
    const other = { path: "worker.env", site: [siteFile, more] };
    await createFile(fileInputs("mongo", other));

    const { worker } = parse(await readWorkerFile(), { version: "1.1" }) as {
      worker: { env: unknown[] };
    };
    expect(worker.env[0]).toEqual({ name: "LAST", value: "0022" });
    expect(worker.env).toHaveLength(8);
  });

  it("is written whole or not at all, and nothing is left beside it", async () => {
    await createFile(fileInputs("mongo"));
    expect((await readdir(folder)).sort()).toEqual([
      "taskrunner-storage.worker.values.yaml",
      "worker.values.yaml",
    ]);
    const longest = join(folder, "w".repeat(255));
    await expect(ValuesFile.create(fileInputs("mongo", { file: longest }))).rejects.toThrow(
      /directory .* written \(ENAMETOOLONG\)/,
    );
  });

  it("stays when the resource is deleted", async () => {
    const state = await createFile(fileInputs("mongo"));
    await ValuesFile.delete("worker", state);
    expect(await readWorkerFile()).toContain("mongo");
  });
});

describe("what somebody else changes", () => {
  const written = /^\S+ is .*\[values-written\]$/;
  const changed = /^warning: \S+ has worker in filesystem mode.*\[mode-changed\]$/;
  it.each([
    [
      "our file",
      changed,
      () =>
        writeFile(
          file,
          "# taskrunner-storage: values of stack organization/taskrunner-storage/prod\n",
        ),
    ],
    ["a variable", written, () => replaceInFile("UTC", "CET")],
    ["the site's list", written, () => writeFile(siteFile, list.replace("UTC", "CET"))],
    ["nothing of ours is left", changed, () => rm(file)],
  ])(
    "is a change that a preview explains, and the next up writes it again: %s",
    async (_, words, edit) => {
      const state = await createFile(fileInputs("mongo"));
      await edit();
      const log = vi.spyOn(console, "log").mockImplementation(() => undefined);
      expect(await changes(state, fileInputs("mongo"))).toBe(true);
      expect(log.mock.calls).toEqual([[expect.stringMatching(words)]]);
      log.mockRestore();

      const again = await updateFile(state, fileInputs("mongo"));
      expect((await environment())[1]?.value).toBe("mongo");
      expect(await changes(again, fileInputs("mongo"))).toBe(false);
    },
  );

  it("in a map of the site's is none of ours", async () => {
    await writeFile(siteFile, map);
    const state = await createFile(fileInputs("mongo"));
    await writeFile(siteFile, map.replace("UTC", "CET"));
    expect(await changes(state, fileInputs("mongo"))).toBe(false);
  });
});

describe("what is refused in the preview already", () => {
  it("is a file of another stack, which stays as it is", async () => {
    await createFile(fileInputs("mongo"));
    const before = await readWorkerFile();
    const other = fileInputs("mongo", { stack: "organization/taskrunner-storage/staging" });

    const reason = `not of stack ${other.stack}`;
    expect(await refused({}, other)).toContain(reason);
    await expect(ValuesFile.create(other)).rejects.toThrow(reason);
    expect(await readWorkerFile()).toBe(before);
  });

  it("is a site's file that cannot be read, is not YAML, or has something else at the path", async () => {
    const found = async (content: string | Buffer) => {
      await writeFile(siteFile, content);
      return refused({}, fileInputs("mongo"));
    };
    expect(await found("a: 1\n---\nb: 2\n")).toContain("several YAML documents");
    expect(await found(`env: [${password}\n`)).toMatch(/not valid YAML \(line \d/);
    expect(await found(`env: [${password}\n`)).not.toContain(password);
    expect(await found(Buffer.from([0x61, 0x3a, 0x20, 0xe4]))).toContain("read (ERR_ENC");
    expect(await found("env: text\n")).toContain(": env is neither");
    expect(await found("replicas: 1\n")).toContain(": it has no env,");
    await rm(siteFile);
    expect(await refused({}, fileInputs("mongo"))).toMatch(/does not exist.*rollout\.worker/);
  });

  it("is a directory that cannot be written", async () => {
    const missing = join(folder, "deploy", "values.yaml");
    expect(await refused({}, fileInputs("mongo", { file: missing }))).toMatch(
      /directory .* written \(ENOENT\)/,
    );
  });

  it("is no variables of the site's, unless it is a rollback", async () => {
    await createFile(fileInputs("mongo"));
    await writeFile(siteFile, "replicas: 1\n");
    expect(await refused(fileInputs("mongo"), fileInputs("filesystem"))).toBe("");
  });

  it("is a first rollback of a service in mongo mode: the stack knows of no cutover", async () => {
    await writeFile(siteFile, list.replace("filesystem", "Mongo"));
    expect(await refused({}, fileInputs("filesystem"))).toMatch(
      /storageMode: mongo [^]*Worker__Storage__Mode/,
    );
    expect(await refused({}, fileInputs("mongo"))).toBe("");
    expect(await refused(fileInputs("mongo"), fileInputs("filesystem"))).toBe("");

    await writeFile(siteFile, list);
    expect(await refused({}, fileInputs("filesystem"))).toBe("");
    await createFile(fileInputs("mongo"));
    expect(await refused({}, fileInputs("filesystem"))).toContain(`${file} has worker`);
  });
});
