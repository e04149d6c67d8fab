import type { Trigger } from "../input";
import { type Environment, PostError, type Thread } from "./thread";

/** A merge request on GitLab, and the token that posts on it. */
interface MergeRequest extends Pick<Thread, "apiUrl" | "token"> {
  /** The number of the project that it is in. */
  readonly project: string;
  readonly mergeRequest: number;
  /** Its page in a browser. */
  readonly page: string;
}

interface Note {
  readonly id: number;
  readonly body: string;
  readonly author: { readonly id: number };
}

/** The API refused a request, or did not answer it: then as a server error without a response. */
class RequestError extends Error {
  constructor(
    message: string,
    readonly status: number,
    readonly response?: object,
  ) {
    super(message);
  }
}

/** The notes of a merge request. */
export function gitlabThread(target: MergeRequest): Thread {
  const { project, mergeRequest, page, apiUrl, token } = target;
  const notes = `projects/${project}/merge_requests/${mergeRequest}/notes`;
  const urlOf = (id: number) => `${page}#note_${id}`;
  return {
    name: page,
    apiUrl,
    token,
    advice,
    async list() {
      const all: Note[] = [];
      let next = "1";
      while (next !== "") {
        const { response, text } = await request(
          target,
          "GET",
          `${notes}?per_page=100&page=${next}`,
        );
        all.push(...(JSON.parse(text) as Note[]));
        next = response.headers.get("x-next-page") ?? "";
      }
      return all.map(({ id, body, author }) => ({ id, body, author, url: urlOf(id) }));
    },
    async selectOwn(entries) {
      const { text } = await request(target, "GET", "user");
      const { id } = JSON.parse(text) as { readonly id: number };
      return entries.filter(({ author }) => author?.id === id);
    },
    async create(body) {
      const { text } = await request(target, "POST", notes, body);
      return urlOf((JSON.parse(text) as Note).id);
    },
    async update(id, body) {
      await request(target, "PUT", `${notes}/${id}`, body);
    },
    async remove(id) {
      await request(target, "DELETE", `${notes}/${id}`);
    },
  };
}

const longestAnswerMs = 60_000;

async function request(
  { apiUrl, token }: MergeRequest,
  method: string,
  path: string,
  body?: string,
): Promise<{ readonly response: Response; readonly text: string }> {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const signal = AbortSignal.timeout(longestAnswerMs);
  const options = {
    method,
    headers,
    signal,
    ...(body !== undefined && { body: JSON.stringify({ body }) }),
  };
  try {
    const response = await fetch(`${apiUrl.replace(/\/+$/, "")}/${path}`, options);
    const text = await response.text();
    if (response.ok) return { response, text };
    throw new RequestError(text, response.status, response);
  } catch (error) {
    if (error instanceof RequestError) throw error;
    const { cause, message } = error as Error;
    throw new RequestError(cause instanceof Error ? cause.message : message, 500);
  }
}

const advice = {
  onTrouble: "It was tried four times. Check CI_API_V4_URL and the network, or run it again later.",
  onRefusal:
    "Check GITLAB_TOKEN: a project access token with the role Developer and the scope api, " +
    "which the job can read. At a rate limit, run it again later.",
};

/**
 * Reads the merge request of a pipeline. GitLab sets all variables but GITLAB_TOKEN: CI_JOB_TOKEN cannot write notes.
 *
 * @throws PostError with everything that is missing
 */
export function readMergeRequest(env: Environment): MergeRequest {
  const { CI_API_V4_URL: apiUrl = "", GITLAB_TOKEN: token = "" } = env;
  const { CI_MERGE_REQUEST_PROJECT_ID: project = "", CI_MERGE_REQUEST_IID: number = "" } = env;
  const missing = [
    apiUrl === "" && "CI_API_V4_URL",
    // A header cannot have blanks, and the error would quote them.
    !/^[!-~]+$/.test(token) &&
      "GITLAB_TOKEN (a masked variable with a project access token, without blanks)",
    !/^\d+$/.test(project) && "CI_MERGE_REQUEST_PROJECT_ID",
    !/^\d+$/.test(number) && "CI_MERGE_REQUEST_IID",
  ].filter((one) => one !== false);
  if (missing.length > 0) {
    throw new PostError(
      `Missing: ${missing.join(", ")}. Post from a pipeline of a merge request ` +
        '(rules: if: $CI_PIPELINE_SOURCE == "merge_request_event").',
    );
  }
  const page = `${env.CI_MERGE_REQUEST_PROJECT_URL ?? ""}/-/merge_requests/${number}`;
  return { project, mergeRequest: Number(number), page, apiUrl, token };
}

/** Reads what triggered a review in a pipeline. */
export function readGitlabTrigger(env: Environment): Trigger {
  const { CI_PROJECT_URL: project, CI_PIPELINE_URL: run, CI_COMMIT_SHA: built = "" } = env;
  // CI_COMMIT_SHA of a merged results pipeline is the commit of the merge.
  const { CI_MERGE_REQUEST_SOURCE_BRANCH_SHA: head = "" } = env;
  const commit = head === "" ? built : head;
  if (!project || commit === "") return {};
  const isMergeRequest = env.CI_PIPELINE_SOURCE === "merge_request_event";
  const isApproved = env.CI_PIPELINE_SOURCE !== "schedule";
  return {
    commit,
    docs: `${project}/-/blob/${commit}/docs`,
    ...(run && { run }),
    ...(run && isApproved && { approval: isMergeRequest ? "later" : "now" }),
  };
}
