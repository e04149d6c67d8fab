/** The review: what a preview would do, as a comment that a person can say yes or no to. */
export { review } from "./comment";
export { longestComment } from "./fit";
export { ReviewInputError } from "./read/json";
export { readApproval, readPlan } from "./read/facts";
export { readPreview } from "./read/preview";
export { findChanges, listApproved } from "./messages";
export { redactor, secretsIn } from "./safe/secrets";
export { situationOf, type Surroundings } from "./situation";
export { duration, size } from "./words";
