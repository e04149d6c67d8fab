import { z } from "zod";
import { section, text } from "./section";

/** Where an environment's variables are in Helm values. */
const placeInValues = {
  path: text.default("env"),
  form: z.enum(["list", "map"]).default("list"),
};

const rolloutCommon = {
  timeoutSeconds: z.int().min(1).default(600),
  secretVersion: text.optional(),
  heldRuns: z.enum(["hold", "release"]).default("hold"),
};

/** How the Kubernetes API is reached: as kubectl would, unless a file or a context is named. */
const kubernetesApi = {
  kubeconfig: text.optional(),
  context: text.optional(),
  namespace: text,
};

/** Where a service's environment variables live in its Helm values. */
const serviceValues = (file: string) =>
  section({
    file: text.default(file),
    ...placeInValues,
    podAnnotations: text.default("podAnnotations"),
  }).prefault({});

const valuesRollout = section({
  target: z.literal("values"),
  directory: text,
  confirm: z
    .union([
      z.literal("none"),
      section({ ...kubernetesApi, selector: section({ worker: text, web: text }) }),
    ])
    .optional(),
  confirmed: z.enum(["drained", "worker", "web"]).optional(),
  worker: serviceValues("worker.values.yaml"),
  web: serviceValues("web.values.yaml"),
  connectionSecret: section({
    name: text.default("taskrunner-mongo"),
    key: text.default("connectionString"),
  }).prefault({}),
  ...rolloutCommon,
});

/** A Helm release's chart, and the site's own values files. */
const chartFrom = {
  version: text.optional(),
  repository: text.optional(),
  values: z.array(text).default([]),
};

/** The release of a service, and which of its Deployments are the service's; default: all of them. */
const serviceRelease = (release: string) =>
  section({
    release: text.default(release),
    selector: text.optional(),
    chart: text.default("charts/task-runner"),
    ...chartFrom,
    ...placeInValues,
    podAnnotations: text.default("podAnnotations"),
  }).prefault({});

/** A service in a release that is both services': its Deployments there, and its place in the values. */
const serviceInRelease = (service: string) =>
  section({
    selector: text.default(`app.kubernetes.io/component=${service}`),
    path: text.default(`${service}.env`),
    form: placeInValues.form,
    podAnnotations: text.default(`${service}.podAnnotations`),
  }).prefault({});

const helmCommon = {
  target: z.literal("helm"),
  ...kubernetesApi,
  install: z.boolean().default(false),
  connectionSecret: section({
    name: text.optional(),
    key: text.default("connectionString"),
  }).prefault({}),
  ...rolloutCommon,
};

/** The service that goes over in an update of a release that is both services'. */
const step = z.enum(["worker", "web"]);

const separateReleases = section({
  ...helmCommon,
  release: z.literal("separate").default("separate"),
  // Known here so that the rules refuse it in words of its own.
  step: step.optional(),
  worker: serviceRelease("taskrunner-worker"),
  web: serviceRelease("taskrunner-web"),
});

const sharedRelease = section({
  ...helmCommon,
  release: z.literal("shared"),
  step,
  shared: section({ release: text, chart: text, ...chartFrom }),
  worker: serviceInRelease("worker"),
  web: serviceInRelease("web"),
});

/** The setting `rollout`: how worker and web change over (decision 14). */
export const rollout = z.discriminatedUnion("target", [
  valuesRollout,
  z.discriminatedUnion("release", [separateReleases, sharedRelease]),
]);

/** The settings of the rollout by values files. */
export type ValuesRolloutSettings = z.infer<typeof valuesRollout>;
/** The settings of the rollout by Helm releases. */
export type HelmRolloutSettings = SeparateReleasesSettings | SharedReleaseSettings;
/** The settings of the rollout by a Helm release for each service. */
export type SeparateReleasesSettings = z.infer<typeof separateReleases>;
/** The settings of the rollout by one Helm release that holds both services. */
export type SharedReleaseSettings = z.infer<typeof sharedRelease>;
/** The settings of the rollout by either. */
export type RolloutSettings = z.infer<typeof rollout>;
