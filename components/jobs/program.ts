/** The Jobs as the Pulumi program has them. */
export { Jobs, jobsOf, type JobsArgs } from "./component";
