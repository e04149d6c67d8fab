/**
 * What goes to the place where a change is reviewed, GitHub, GitHub Enterprise or Gitea: one comment for
 * each stack on a pull request.
 */
export { PostError } from "./api";
export { postComment } from "./comment";
export { readOccasion, readPullRequest } from "./target";
