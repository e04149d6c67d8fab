import { ruleFor } from "../../kubernetes";

/**
 * What the steps on a service's pods and on its former connection strings may do in its namespace:
 * the rules of a Kubernetes Role.
 */
export const rules = [
  ruleFor("deployments", "list", "patch"),
  ruleFor("replicasets", "list"),
  ruleFor("statefulsets", "list", "patch"),
  ruleFor("horizontalpodautoscalers", "list"),
  ruleFor("pods", "list"),
  ruleFor("events", "list"),
  ruleFor("secrets", "list", "delete"),
];
