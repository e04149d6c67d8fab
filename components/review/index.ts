/** The review: what a preview would do, as a comment that a person can say yes or no to. */
export { review, type Review } from "./comment";
export { longestComment } from "./fit";
export { ReviewInputError } from "./read/json";
export { readPlan, type PlanFacts } from "./read/facts";
export { readPreview, type Preview } from "./read/preview";
export { findChanges } from "./messages";
export type { Level } from "./risks";
export { redactor, secretsIn, type Redact } from "./safe/secrets";
export { situationOf, type Occasion, type Surroundings } from "./situation";
export { duration, size } from "./words";
