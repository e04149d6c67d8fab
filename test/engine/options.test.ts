import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { repository } from "../../tools/parts";
import { helmStack } from "./stacks";
import { makeUser } from "./user";

const programOf = (options: string) => `
import * as kubernetes from "@pulumi/kubernetes";
import { programSettings, TaskRunnerStorage } from "./components/program";
const another = () => new kubernetes.Provider("another", { kubeconfig: "{}", context: "another" });
new TaskRunnerStorage("taskrunner", programSettings(), ${options});
`;

const site = helmStack({
  runs: 3,
  program: programOf("{ providers: { kubernetes: another() } }"),
});

/** Settings on files with a user of the services, such as `web:first@`. */
async function configure(user: string) {
  await makeUser(site.server.uri, "taskrunner", user);
  const chart = join(repository, "examples/chart");
  const { worker, web } = site.cluster.rollout as { worker: object; web: object };
  await site.configure("filesystem", {
    appMongoUri: `mongodb://${user}127.0.0.1:${site.server.port}/taskrunner`,
    rollout: { worker: { ...worker, chart }, web: { ...web, chart } },
  });
}

const secrets = () => site.cluster.kubectl("get", "secrets", "--output=name");

it("a program's own provider for Kubernetes is refused before anything is created", async () => {
  await configure("web:first@");
  for (const run of [await site.stack.preview(), await site.stack.up()]) {
    expect(run.failed).toBe(true);
    expect(run.output).toMatch(/provider for Kubernetes, .*kubernetes\.kubeconfig/);
    expect(run.output).not.toMatch(/^ +at /m);
  }
  expect(await secrets()).toBe("");
});

it("a name that each Secret of the connection string would have is refused in the preview", async () => {
  await writeFile(join(site.project.folder, "index.ts"), programOf("{}"));
  await site.stack.pulumi("config", "set", "--path", "pulumi:autonaming.mode", "verbatim");
  const preview = await site.stack.preview();
  expect(preview.failed).toBe(true);
  expect(preview.output).toMatch(
    /pulumi:autonaming .* taskrunner-mongo-connection, .* reach no pod/,
  );

  expect(await secrets()).toBe("");

  const exempt =
    'pulumi:autonaming.providers.kubernetes.resources["kubernetes:core/v1:Secret"].mode';
  await site.stack.pulumi("config", "set", "--path", exempt, "default");
  await site.up();
  expect(await secrets()).toMatch(/taskrunner-mongo-connection-\w+/);
});
