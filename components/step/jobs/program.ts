/** The Jobs as the Pulumi program has them. */
export { Jobs, jobsAddress, jobsOf, type JobsArgs } from "./component";
