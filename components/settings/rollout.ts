import { z } from "zod";
import { wholeNumber, section, text } from "./forms";

const common = {
  timeoutSeconds: wholeNumber()
    .default(600)
    .describe("How long a drain or a rollout may take, in seconds."),
  ignorePods: text
    .optional()
    .describe(
      "The labels of pods in the namespace that have the worker's mode variable but belong to another environment. A drain ignores them.",
    ),
  canary: z
    .boolean()
    .default(true)
    .describe(
      "Whether a pod of web's template starts on MongoDB before the drain, and a cutover stops if it does not work.",
    ),
  drain: z
    .union([z.literal("wait"), wholeNumber()], { error: "wait, or the number of a cutover" })
    .optional()
    .describe(
      "A gate before the worker's drain: `wait` prepares a cutover and stops no service; the number of the cutover opens it. Default: no gate.",
    ),
};

const secretKey = text
  .default("connectionString")
  .describe("The Secret's key with the services' connection string.");

const environmentPath = (path: string) =>
  text
    .default(path)
    .describe(
      "The dotted path of the service's environment variables in the values. The stack writes a list or a map, whichever the values use; a list by default.",
    );

const valuesFile = (service: string) =>
  section({
    file: text
      .default(`taskrunner-storage.${service}.values.yaml`)
      .describe("The stack's own values file in `directory`. List it last."),
    values: z
      .array(text)
      .default([`${service}.values.yaml`])
      .describe(
        "Your values files in `directory`, in Helm's order. The stack reads them and never changes them.",
      ),
    path: environmentPath("env"),
  })
    .prefault({})
    .describe(`The values files of ${service}.`);

const confirm = section({
  namespace: text.describe("The namespace of both services."),
  selector: section({
    worker: text.describe(
      "The labels of the worker's Deployments and StatefulSets, such as `app=worker`.",
    ),
    web: text.describe("The labels of web's Deployments and StatefulSets."),
  }).describe("The Deployments and StatefulSets of each service."),
});

const valuesRollout = section({
  target: z
    .literal("values")
    .describe("The stack writes a values file for each service, for Argo CD or Flux."),
  directory: text.describe("The folder of the values files, in a git checkout."),
  push: section({
    branch: text.describe(
      "The branch that Argo CD or Flux reads. It must be checked out in `directory`.",
    ),
  })
    .optional()
    .describe("The stack commits and pushes its files. Default: you do it."),
  confirm: z
    .union([z.literal("none"), confirm], { error: "none, or { namespace, selector }" })
    .describe(
      "How the stack finds the pods, to drain the worker and watch the rollout; `none` if Pulumi cannot reach them.",
    ),
  workerStopped: wholeNumber()
    .optional()
    .describe(
      "With `confirm: none` and `backfill`: the number of the cutover for which you have stopped the worker. `up` stops before the handover until it is set.",
    ),
  worker: valuesFile("worker"),
  web: valuesFile("web"),
  connectionSecret: section({
    name: text.default("taskrunner-mongo").describe("The name of the Secret, which you create."),
    key: secretKey,
  })
    .prefault({})
    .describe("The Secret with the services' connection string."),
  ...common,
});

const repository = section({
  url: text.describe("The address of the chart's repository."),
  username: text.exactOptional().describe("The user name for the repository."),
  password: text.exactOptional().describe("The user's password, as a secret."),
  ca: text.exactOptional().describe("A file with the CA certificate of the repository."),
});

const chartFrom = {
  chart: text.describe("The chart: a folder, a name in `repository`, or an `oci://` address."),
  version: text.optional().describe("The chart's version. Required unless the chart is a folder."),
  repository: repository.optional().describe("The chart's repository."),
  values: z
    .array(text)
    .default([])
    .describe("Your values files, in Helm's order. Paths are relative to the project's folder."),
};

const ownRelease = (service: string) =>
  section({
    release: text.default(`taskrunner-${service}`).describe(`The release of ${service}.`),
    selector: text
      .optional()
      .describe(
        "The labels of the service's Deployments and StatefulSets. Default: all in the release.",
      ),
    ...chartFrom,
    path: environmentPath("env"),
  })
    // An absent section is one without a chart, so that the error names the chart.
    .prefault({} as never)
    .describe(`The release of ${service}.`);

const partOfRelease = (service: string) =>
  section({
    selector: text.describe(
      `The labels that in the release only the Deployments and StatefulSets of ${service} have, such as \`app.kubernetes.io/component=${service}\`.`,
    ),
    path: environmentPath(`${service}.env`),
  }).describe(`The values and objects of ${service} in the release.`);

const helm = {
  namespace: text.describe("The namespace of the releases."),
  install: z
    .boolean()
    .default(false)
    .describe("Whether the stack creates the releases. Otherwise it takes over those that exist."),
  connectionSecret: section({
    name: text
      .optional()
      .describe(
        "The name of a Secret of yours. Default: the stack creates one from `appMongoUri`.",
      ),
    key: secretKey,
  })
    .prefault({})
    .describe("The Secret with the services' connection string."),
  ...common,
};

const separateReleases = section({
  target: z.literal("helm").describe("A Helm release for each service."),
  ...helm,
  worker: ownRelease("worker"),
  web: ownRelease("web"),
});

const umbrella = section({
  target: z
    .literal("umbrella")
    .describe("One Helm release for both services, which change over in one upgrade."),
  ...helm,
  release: text.describe("The release that holds both services."),
  ...chartFrom,
  worker: partOfRelease("worker"),
  web: partOfRelease("web"),
});

/** The setting `rollout`: how worker and web change over. */
export const rollout = z.discriminatedUnion("target", [valuesRollout, separateReleases, umbrella]);

/** The rollout by values files. */
export type ValuesRolloutSettings = z.infer<typeof valuesRollout>;
/** The rollout by Helm releases. */
export type HelmRolloutSettings = z.infer<typeof separateReleases> | z.infer<typeof umbrella>;
/** The chart of a release. */
export type ChartSettings = Omit<
  z.infer<typeof separateReleases>["worker"],
  "release" | "values" | "path"
>;
/** The rollout by any target. */
export type RolloutSettings = z.infer<typeof rollout>;
