import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { repository } from "../../tools/parts";
import { makeProject, type TestProject } from "../project";
import { makeSite, type Site } from "./site";
import { makeUser } from "./user";

const minutes = 60_000;

const programOf = (options: string) => `
import * as kubernetes from "@pulumi/kubernetes";
import { programSettings, TaskRunnerStorage } from "./components/program";
const another = () => new kubernetes.Provider("another", { kubeconfig: "{}", context: "another" });
new TaskRunnerStorage("taskrunner", programSettings(), ${options});
`;

let project: TestProject;
let stack: Site["stack"];
let server: Site["server"];
let cluster: Site["cluster"];
let release: Site["release"];

beforeAll(async () => {
  project = await makeProject(programOf("{ providers: { kubernetes: another() } }"));
  ({ stack, server, cluster, release } = await makeSite(3, project.folder));
}, 25 * minutes);
afterAll(async () => {
  await release();
  await project.remove();
});

/** Settings on files with a user of the services, such as `web:first@`. */
async function configure(user: string) {
  await makeUser(server.uri, "taskrunner", user);
  const chart = join(repository, "examples/chart");
  const { worker, web } = cluster.rollout as { worker: object; web: object };
  await stack.configure({
    storageMode: "filesystem",
    mongoUri: `${server.uri}/taskrunner`,
    appMongoUri: `mongodb://${user}127.0.0.1:${server.port}/taskrunner`,
    backfill: { source: { path: join(stack.folder, "state") } },
    kubernetes: cluster.kubernetes,
    rollout: { ...cluster.rollout, worker: { ...worker, chart }, web: { ...web, chart } },
  });
}

const secrets = () => cluster.kubectl("get", "secrets", "--output=name");

it(
  "a program's own provider for Kubernetes is refused before anything is created",
  async () => {
    await configure("web:first@");
    for (const run of [await stack.preview(), await stack.up()]) {
      expect(run.failed).toBe(true);
      expect(run.output).toMatch(/provider for Kubernetes, .*kubernetes\.kubeconfig/);
      expect(run.output).not.toMatch(/^ +at /m);
    }
    expect(await secrets()).toBe("");
  },
  4 * minutes,
);

it(
  "a name that each Secret of the connection string would have is refused in the preview",
  async () => {
    await writeFile(join(project.folder, "index.ts"), programOf("{}"));
    await stack.pulumi("config", "set", "--path", "pulumi:autonaming.mode", "verbatim");
    const preview = await stack.preview();
    expect(preview.failed).toBe(true);
    expect(preview.output).toMatch(
      /pulumi:autonaming .* taskrunner-mongo-connection, .* reach no pod/,
    );

    expect(await secrets()).toBe("");

    const exempt =
      'pulumi:autonaming.providers.kubernetes.resources["kubernetes:core/v1:Secret"].mode';
    await stack.pulumi("config", "set", "--path", exempt, "default");
    const up = await stack.up();
    expect(up.failed, up.output).toBe(false);
    expect(await secrets()).toMatch(/taskrunner-mongo-connection-\w+/);
  },
  6 * minutes,
);
