import { existsSync, readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { MongoCluster } from "../../../components/cluster";
import { GeneratedPassword } from "../../../components/cluster/password/resource";
import { after } from "../../../components/dynamic";
import { programSettings } from "../../../components/settings/program";

// Nothing that the settings can say is refused by the resource's definition: this is.
if (existsSync("type-of-mongodb")) {
  const wrong = readFileSync("type-of-mongodb", "utf8");
  pulumi.runtime.registerStackTransformation(({ type, props, opts }) =>
    type.endsWith(":MongoDBCommunity")
      ? {
          props: { ...props, spec: { ...(props.spec as object), type: wrong } },
          opts,
        }
      : undefined,
  );
}

const cluster = new MongoCluster("mongo", programSettings());
// What stands for the steps after it.
new GeneratedPassword("after-mongo", { version: 1 }, after(cluster));

export const { uri, exportUri, appUri, kind, database, serverVersion } = cluster;
