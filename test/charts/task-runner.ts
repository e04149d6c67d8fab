import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { parse, parseAllDocuments, stringify } from "yaml";
import { type Service, serviceEnvironment } from "../../components/rollout";
import { environmentOnTop } from "../../components/rollout/values/variables";
import { serviceNames } from "../rollout/names";
import { helm, repository } from "../../tools/parts";
import { readRepositoryFile } from "../../tools/parts/repository";

/** The chart's folder. */
export const chart = join(repository, "examples/chart");

/** Values of the chart, as far as the tests change them. */
export interface Values {
  image: { repository: string; tag?: string; digest?: string };
  env: { name: string; value?: string; valueFrom?: unknown }[];
  [key: string]: unknown;
}

/** The sample values of a service, as they are before the cutover or as the rollout writes them. */
export async function sampleValues(
  service: Service,
  mode: "filesystem" | "mongo",
  secret = "taskrunner-mongo",
): Promise<Values> {
  const file = `${service}.values.yaml`;
  const text = await readRepositoryFile("tools", "sample", "rollout", file);
  const values = parse(text) as Values;
  if (mode === "filesystem") return values;
  const entries = serviceEnvironment(service, "forward", {
    ...serviceNames,
    connectionSecret: { name: secret, key: "connectionString" },
  });
  const env = environmentOnTop([{ file, text }], { path: "env" }, entries) as Values["env"];
  return { ...values, env };
}

/** An object of Kubernetes, as far as the tests look at it. */
export interface RenderedChart {
  kind: string;
  metadata: { name: string };
  spec: {
    replicas?: number;
    strategy: { type: string };
    template: {
      metadata: { annotations: Record<string, string> };
      spec: { automountServiceAccountToken: boolean; containers: Record<string, unknown>[] };
    };
  };
}

/**
 * What Helm makes of values, as text.
 *
 * @param directory gets the values file
 * @throws Error with Helm's words if it refuses them
 */
export async function render(values: Values, service: Service, directory: string): Promise<string> {
  const file = await valuesFile(values, directory);
  const args = ["template", `taskrunner-${service}`, chart, "--values", file];
  return (await promisify(execFile)(await helm(), args)).stdout;
}

/** What `helm lint` says of values. @throws Error with its words if it finds a mistake */
export async function lint(values: Values, directory: string): Promise<string> {
  const args = ["lint", chart, "--strict", "--values", await valuesFile(values, directory)];
  return (await promisify(execFile)(await helm(), args)).stdout;
}

async function valuesFile(values: Values, directory: string): Promise<string> {
  const file = join(directory, "values.yaml");
  await writeFile(file, stringify(values));
  return file;
}

/** The objects of a rendered text, by kind. */
export function objects(text: string): Map<string, RenderedChart> {
  const all = parseAllDocuments(text).map((document) => document.toJS() as RenderedChart);
  return new Map(all.map((object) => [object.kind, object]));
}

/** The Deployment of a rendered text. */
export function deployment(text: string): RenderedChart {
  const found = objects(text).get("Deployment");
  if (found === undefined) throw new Error("no Deployment was rendered");
  return found;
}
