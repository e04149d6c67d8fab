/** Time in ms for a source to answer before the next one is tried. */
const patience = 5_000;

/**
 * Why a URL cannot be downloaded, as text; undefined if its server says that it can.
 *
 * @param milliseconds time limit
 */
export async function unreachable(
  url: string,
  milliseconds = patience,
): Promise<string | undefined> {
  const answer = await statusOf(url, milliseconds);
  if (typeof answer === "string") return answer;
  return answer < 400 ? undefined : `${new URL(url).host} answers ${answer}`;
}

/** Why a server is unreachable, as text; undefined if it answers at all. */
export async function silent(url: string, milliseconds = patience): Promise<string | undefined> {
  const answer = await statusOf(url, milliseconds);
  return typeof answer === "string" ? answer : undefined;
}

/** The HTTP status, or why there is no answer. */
async function statusOf(url: string, milliseconds: number): Promise<number | string> {
  try {
    const answer = await fetch(url, { method: "HEAD", signal: AbortSignal.timeout(milliseconds) });
    return answer.status;
  } catch (error) {
    const { name, message, cause } = error instanceof Error ? error : new Error(String(error));
    const words = `(${cause instanceof Error ? cause.message : message})`;
    const reason = name === "TimeoutError" ? `in ${milliseconds / 1000} s` : words;
    return `${new URL(url).host} not reachable ${reason}`;
  }
}
