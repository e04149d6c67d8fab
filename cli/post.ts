import { Option } from "commander";
import type { Posted } from "../components/review/post";
import type { CommonOptions } from "./command";

/** Options of a command whose result can be posted. */
export interface PostOptions extends CommonOptions {
  readonly post?: true;
}

/** Posts the result, as GITHUB_TOKEN. */
export const postOption = (does: string) => new Option("--post", `${does}, as GITHUB_TOKEN`);

/**
 * Prints a result, then posts it if that is asked for, and prints where it is. The result is there, as
 * in a job's summary, even if the API refuses.
 *
 * @param what is posted, such as `Comment`
 */
export async function printAndPost(
  { json, post }: PostOptions,
  what: string,
  { asJson, text }: { readonly asJson: object; readonly text: string },
  posting: () => Promise<Posted>,
): Promise<void> {
  if (!json) console.log(text);
  const posted = post ? await posting() : undefined;
  if (json) console.log(JSON.stringify({ ...asJson, ...(posted && { posted }) }, undefined, 2));
  else if (posted?.url) console.log(`\n${what} ${posted.outcome}: ${posted.url}`);
}
