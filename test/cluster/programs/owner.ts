import * as pulumi from "@pulumi/pulumi";

const config = new pulumi.Config();

export const migratorUri = config.requireSecret("mongoUri");
export const appMongoUri = config.getSecret("appMongoUri");
export const region = "eu-central-1";
