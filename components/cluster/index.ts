/** The cluster: where MongoDB comes from, with the same outputs whatever its kind. */
export { MongoCluster, type MongoClusterArgs } from "./mongo-cluster";
