/** The review: what a preview would do, as a comment that a person can say yes or no to. */
export { review } from "./comment";
export { longestComment } from "./fit";
export { prepareReview, type ReviewOptions } from "./input";
export { findChanges, listApproved } from "./messages";
export { readApproval, readPlan, readPreview, ReviewInputError } from "./read";
export { redactor, secretsIn } from "./safe/secrets";
