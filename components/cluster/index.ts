/** The cluster: where MongoDB comes from, with the same outputs whatever its kind. */
export { MongoCluster } from "./mongo-cluster";
export type { Mongo } from "./outputs";
