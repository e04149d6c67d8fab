import type { ClusterAddress } from "../../../kubernetes";

/** Inputs of the wait for MongoDB in Kubernetes. None of it is secret. */
export interface MongoDBReadyInputs extends ClusterAddress {
  /** The name of the `MongoDBCommunity` resource. */
  readonly name: string;
  /** The resource's generation: another one is another spec, and makes the step wait again. */
  readonly generation: number;
  readonly timeoutSeconds: number;
}

/** Outputs: the inputs as of the last wait, and whether MongoDB ran at its end. */
export interface MongoDBReadyState extends MongoDBReadyInputs {
  readonly applied: boolean;
}
