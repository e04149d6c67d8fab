import * as kubernetes from "@pulumi/kubernetes";
import { Config } from "@pulumi/pulumi";

const config = new Config();
const mode = config.require("mode");
const provider = new kubernetes.Provider("cluster", { kubeconfig: config.require("kubeconfig") });
const metadata = { name: "mode", namespace: "default" };
new kubernetes.core.v1.ConfigMap("map", { metadata, data: { mode } }, { provider });
const values = {
  image: { repository: "registry.example.org/worker", tag: "1" },
  env: [{ name: "Worker__Storage__Mode", value: mode }],
};
const args = { name: "worker", namespace: "default", chart: config.require("chart"), values };
const worker = new kubernetes.helm.v3.Release("worker", args, { provider });

export const { revision, status } = worker.status;
