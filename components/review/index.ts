/** The review: a comment by which a reviewer decides on a preview. */
export { review } from "./comment";
export { longestComment } from "./fit";
export { isError, prepareReview, type ReviewOptions } from "./input";
export { findMismatches, listApproved } from "./messages";
export {
  changesShape,
  findingForm,
  formsForm,
  planForm,
  printedForm,
  reviewShape,
} from "./printed";
export { readPreview } from "./read";
export { ReviewInputError } from "./read-json";
export { readApproval, readPlan } from "./read-plan";
export { reviewText } from "./terminal";
export { redactor, secretsIn, type Redact } from "../text";
