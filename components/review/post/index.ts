/**
 * What goes to the place where a change is reviewed: GitHub, GitHub Enterprise or Gitea. One comment
 * a stack on a pull request, one issue a stack for drift, the pull request that keeps a setting in
 * git true, and the summary of a workflow's job.
 */
export { postComment, type Comment, type Posted } from "./comment";
export { driftIn, type Difference, type Drift, type NotLookedAt } from "./drift";
export { driftInWords, type DriftInWords } from "./drift-words";
export { PostError } from "./errors";
export { openOrUpdateIssue, type Issue } from "./issue";
export { openPullRequest, type Proposal } from "./pull-request";
export { postReview } from "./review";
export { writeSummary } from "./summary";
export { readPullRequest, readRepository, type PullRequest, type Repository } from "./target";
