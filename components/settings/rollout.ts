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

/** The release of a service: its chart, and the site's own values files. */
const serviceRelease = (release: string) =>
  section({
    release: text.default(release),
    chart: text.default("charts/task-runner"),
    version: text.optional(),
    repository: text.optional(),
    values: z.array(text).default([]),
    ...placeInValues,
    podAnnotations: text.default("podAnnotations"),
  }).prefault({});

const helmRollout = section({
  target: z.literal("helm"),
  ...kubernetesApi,
  install: z.boolean().default(false),
  release: z.enum(["separate", "shared"]).default("separate"),
  step: z.enum(["worker", "web"]).optional(),
  worker: serviceRelease("taskrunner-worker"),
  web: serviceRelease("taskrunner-web"),
  connectionSecret: section({
    name: text.optional(),
    key: text.default("connectionString"),
  }).prefault({}),
  ...rolloutCommon,
});

/** The setting `rollout`: how worker and web change over (decision 14). */
export const rollout = z.discriminatedUnion("target", [valuesRollout, helmRollout]);

/** The settings of the rollout by values files. */
export type ValuesRolloutSettings = z.infer<typeof valuesRollout>;
/** The settings of the rollout by Helm releases. */
export type HelmRolloutSettings = z.infer<typeof helmRollout>;
/** The settings of the rollout by either. */
export type RolloutSettings = z.infer<typeof rollout>;
