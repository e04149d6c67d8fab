import { writeFile } from "node:fs/promises";
import { vi } from "vitest";
import { ownKubelet } from "../../../tools/parts";

/** The answer of kubectl, in MongoDB's namespace. */
type Kubectl = (...args: string[]) => Promise<string>;

/** What MongoDB's operator does to its resource, done by a test. */
export interface PlayedOperator {
  /** Waits until the resource is there. */
  seen(): Promise<void>;
  /** The resource's spec. */
  spec(): Promise<Record<string, unknown> & { readonly users: readonly User[] }>;
  /** Makes a member whose image is not to be had; @param file for what is applied */
  makesPendingMember(file: string): Promise<void>;
  says(phase: string, message?: string): Promise<void>;
  /** Says that the spec as it stands has been applied. */
  confirms(): Promise<void>;
}

interface User {
  readonly name: string;
  readonly passwordSecretRef: { readonly name: string };
}

const mongod = { name: "mongod", image: "registry.example.test/mongodb/mongod:1" };

const resource = (name: string) => `mongodbcommunity/${name}`;

/** Plays the operator of the resource of this name. */
export function playedOperator(kubectl: Kubectl, name: string): PlayedOperator {
  const patch = (body: object, ...flags: string[]) =>
    kubectl("patch", resource(name), "--type=merge", `--patch=${JSON.stringify(body)}`, ...flags);
  const spec = async () =>
    JSON.parse(await kubectl("get", resource(name), "-o", "jsonpath={.spec}")) as never;
  return {
    spec,
    seen: () =>
      vi.waitFor(
        async () => {
          await kubectl("get", resource(name));
        },
        {
          timeout: 90_000,
          interval: 500,
        },
      ),
    makesPendingMember: async (file) => {
      await writeFile(file, JSON.stringify(members(name)));
      await kubectl("apply", "--filename", file);
      const pod = `pod/${name}-0`;
      await vi.waitFor(() => kubectl("get", pod), { timeout: 20_000, interval: 500 });
      const status = `--patch=${JSON.stringify({ status: withoutImage() })}`;
      await kubectl("patch", pod, "--subresource=status", status);
    },
    says: async (phase, message = "") => {
      const counts = { currentMongoDBMembers: 0, currentStatefulSetReplicas: 0, mongoUri: "" };
      await patch({ status: { ...counts, phase, message } }, "--subresource=status");
    },
    confirms: async () => {
      const written = JSON.stringify(await spec());
      const annotations = { "mongodb.com/v1.lastSuccessfulConfiguration": written };
      await patch({ metadata: { annotations } });
    },
  };
}

/** A StatefulSet as the operator makes it, whose pod is left to the test. */
function members(name: string): object {
  const labels = { app: `${name}-svc` };
  const annotations = { [ownKubelet.name]: ownKubelet.value };
  return {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: { name },
    spec: {
      replicas: 1,
      serviceName: `${name}-svc`,
      selector: { matchLabels: labels },
      template: { metadata: { labels, annotations }, spec: { containers: [mongod] } },
    },
  };
}

/** The status of a pod whose image is not to be had, as its kubelet says it. */
function withoutImage(): object {
  const waiting = { reason: "ImagePullBackOff", message: "Back-off pulling image" };
  const container = { ...mongod, imageID: "", ready: false, restartCount: 0, state: { waiting } };
  return { phase: "Pending", containerStatuses: [container] };
}
