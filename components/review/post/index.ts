/**
 * What goes to the place where a change is reviewed: GitHub, GitHub Enterprise or Gitea. One comment
 * a stack on a pull request, one issue a stack for drift, the pull request that keeps a setting in
 * git true, and the summary of a workflow's job.
 */
export { postComment, postReview, type Comment, type Posted } from "./comment";
export { driftIn, driftInWords, type Difference, type Drift, type DriftInWords } from "./drift";
export { PostError } from "./errors";
export { openOrUpdateIssue, type Issue } from "./issue";
export { openPullRequest, type Proposal } from "./pull-request";
export {
  readPullRequest,
  readRepository,
  runAddress,
  writeSummary,
  type PullRequest,
  type Repository,
} from "./target";
