/** The review: a comment by which a person decides on a preview. */
export { review } from "./comment";
export { longestComment } from "./fit";
export { prepareReview, type ReviewOptions } from "./input";
export { findChanges, listApproved } from "./messages";
export { readApproval, readPlan, readPreview, ReviewInputError } from "./read";
export { redactor, secretsIn } from "../text";
