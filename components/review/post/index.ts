/**
 * What goes to the place where a change is reviewed: GitHub, GitHub Enterprise or Gitea. One comment
 * a stack on a pull request, one issue a stack for drift, the pull request that keeps a setting in
 * git true, and the summary of a workflow's job.
 */
export { postComment, postReview } from "./comment";
export { driftIn, describeDrift, type DriftReport } from "./drift";
export { PostError } from "./errors";
export { openOrUpdateIssue } from "./issue";
export { openPullRequest } from "./pull-request";
export { hasRequiredReviewer } from "./reviewers";
export { readOccasion, readPullRequest, readRepository, runAddress, writeSummary } from "./target";
