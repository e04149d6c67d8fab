/** The cluster: how MongoDB is provisioned, with the same outputs for each kind. */
export { MongoCluster } from "./mongo-cluster";
export type { Mongo } from "./outputs";
