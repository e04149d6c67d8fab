/** The comments of one pull or merge request, in the words of its forge. */
export interface Thread {
  /** Its name in messages, such as `owner/name#5`. */
  readonly name: string;
  /** The API's address, such as `https://api.github.com` or `https://git.example.org/api/v4`. */
  readonly apiUrl: string;
  /** Secret; it goes into the header of requests and nowhere else. */
  readonly token: string;
  /** What to do after a refusal, and if there is no answer or a server error. */
  readonly advice: { readonly onRefusal: string; readonly onTrouble: string };
  list(): Promise<Entry[]>;
  /** Those that this token's user wrote. Anybody can write another one with a marker, and change it after the review. */
  selectOwn(entries: readonly Entry[]): Promise<Entry[]>;
  /** Returns the address of the new comment's page. */
  create(text: string): Promise<string>;
  update(id: number, text: string): Promise<void>;
  remove(id: number): Promise<void>;
}

/** A comment of a thread. */
export interface Entry {
  readonly id: number;
  readonly body: string;
  /** Its page in a browser. */
  readonly url: string;
  /** Its user, of whom a forge gives some of these. */
  readonly author: { readonly id?: number; readonly login?: string; readonly type?: string } | null;
}

/** A job's environment. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Posting failed. The message never contains the token, and no request is attached. */
export class PostError extends Error {
  override readonly name = "PostError";
}

/** An error of a request, with the used part of Octokit's. Without a response the server did not answer. */
export interface ApiError {
  readonly status: number;
  readonly response?: object;
}

export function isApiError(error: unknown): error is Error & ApiError {
  return error instanceof Error && "status" in error && typeof error.status === "number";
}
