import { describe, expect, it } from "vitest";
import { valuesStack } from "./stacks";

/** A program that creates a server, whose address only `up` knows, and passes it on. */
const program = `
import * as pulumi from "@pulumi/pulumi";
import { TaskRunnerStorage } from "./components/program";

class Server extends pulumi.dynamic.Resource {
  declare readonly uri: pulumi.Output<string>;
  constructor(name: string, host: string) {
    const provider = {
      create: ({ host }: { host: string }) => {
        const uri = "mongodb://" + host + "/taskrunner";
        return Promise.resolve({ id: "server", outs: { host, uri } });
      },
      diff: (_id: string, { host }: { host: string }, news: { host: string }) =>
        Promise.resolve({ changes: host !== news.host, replaces: ["host"] }),
    };
    super(provider, name, { host, uri: undefined }, { additionalSecretOutputs: ["uri"] });
  }
}

const config = new pulumi.Config();
const server = new Server("server", config.require("mongoUri"));
const { verification } = new TaskRunnerStorage("taskrunner", {
  storageMode: config.require<"mongo">("storageMode"),
  cutover: config.getNumber("cutover"),
  mongoUri: server.uri,
  backfill: config.getObject("backfill"),
  rollout: config.requireObject("rollout"),
});
export const holds = verification.apply((one) => one?.holds);
`;

const life = valuesStack({ program });
const host = () => new URL(life.server.uri).host;
const stepsIn = async () => [...(await life.stack.state()).matchAll(/dynamic\/(\w+:\w+)"/g)];

describe("a program whose connection string is another resource's output", () => {
  it("refuses one that breaks a rule before the first step, and names the environment", async () => {
    await life.configure({ storageMode: "mongo", mongoUri: "db.example.net" });
    expect(await life.stack.preview()).toMatchObject({ failed: false });
    const up = await life.stack.up();

    expect(up.failed, up.output).toBe(true);
    expect(up.output).toMatch(
      /TaskRunnerStorage \(taskrunner\):\n\s+error: The settings are not valid; nothing was changed\.\n.*mongoUri: found a connection without TLS/,
    );
    expect(up.output).not.toMatch(/^ +at /m);
    expect(await stepsIn()).toEqual([]);
  });

  it("goes from files to MongoDB, with the string secret in the state", async () => {
    await life.configure({ storageMode: "mongo", mongoUri: host() });
    await life.up();

    expect(await life.stack.outputs()).toMatchObject({ holds: true });
    expect(await life.modes()).toEqual(["mongo", "mongo"]);
    expect(await life.db.collection("pack_runs").countDocuments()).toBe(5);
    expect(await stepsIn()).not.toEqual([]);
    expect(await life.stack.state()).not.toContain(`mongodb://${host()}`);
  });

  it("has all commands, although no file has its settings", async () => {
    const status = await life.stack.command("status", "--json");
    expect(JSON.parse(status.stdout)).toMatchObject({
      storageMode: "mongo",
      services: { worker: ["mongo"], web: ["mongo"] },
    });
    const verify = await life.stack.command("verify");
    expect(verify.exitCode, verify.stderr).toBe(0);
    expect(verify.stdout).toContain(`Verification of ${life.root}`);
    const doctor = await life.stack.command("doctor");
    expect(doctor.stdout).toMatch(/^ok {4}settings +storageMode: mongo/m);
    expect(doctor.stdout + doctor.stderr + verify.stderr).not.toContain("mongodb://");
    const preview = await life.stack.command("preview");
    expect(preview.stderr).not.toContain("figures of MongoDB are missing");
  });

  it("has a preview in which the string is not known", async () => {
    const urn = /"(urn:[^"]*::server)"/.exec(await life.stack.state())?.[1] ?? "";
    const preview = await life.stack.pulumi("preview", "--replace", urn);
    expect(preview.failed, preview.output).toBe(false);
  });

  it("and back", async () => {
    await life.configure({ storageMode: "filesystem", mongoUri: host() });
    await life.up();
    expect(await life.modes()).toEqual(["filesystem", "filesystem"]);
    const exported = await life.stack.command("export");
    expect(exported.exitCode, exported.stderr).toBe(0);
  });
});
