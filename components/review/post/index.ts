/**
 * What goes to the place where a change is reviewed: GitHub, GitHub Enterprise or Gitea. One comment
 * a stack on a pull request, one issue a stack for drift, and the pull request that keeps a setting in
 * git true.
 */
export type { Posted } from "./api";
export { openOrUpdateIssue, postComment } from "./comment";
export { PostError } from "./errors";
export { openPullRequest } from "./pull-request";
export { hasRequiredReviewer } from "./reviewers";
export { readOccasion, readPullRequest, readRepository, runAddress } from "./target";
