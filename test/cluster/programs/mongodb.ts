import * as pulumi from "@pulumi/pulumi";
import { MongoCluster } from "../../../components/cluster";
import { generatedPassword } from "../../../components/cluster/password";
import { programSettings } from "../../../components/settings/program";
import { after, shim, StepResource } from "../../../components/step/program";

// No server is behind the operator that the test plays.
pulumi.runtime.registerStackTransformation(({ type, props, opts }) =>
  type.endsWith(":LogIn")
    ? { props: { ...props, __provider: shim("test/cluster/played-log-in", "LogIn") }, opts }
    : undefined,
);

const cluster = new MongoCluster("taskrunner", programSettings());
// What stands for the steps after it.
const dependsOn = [...after(cluster).dependsOn];
new StepResource(generatedPassword, "after-mongo", { version: 1 }, { dependsOn });

export const { uri, appUri, database } = cluster.mongo;
