/** How long a source may take to answer before the next one is tried, in milliseconds. */
const patience = 5_000;

/**
 * Why a file of the web cannot be had, in words, or undefined if its server says that it can.
 *
 * @param milliseconds how long the answer may take
 */
export async function unreachable(
  url: string,
  milliseconds = patience,
): Promise<string | undefined> {
  const answer = await statusOf(url, milliseconds);
  if (typeof answer === "string") return answer;
  return answer < 400 ? undefined : `${new URL(url).host} answers ${answer}`;
}

/** Why a server of the web cannot be reached, in words, or undefined if it answers at all. */
export async function silent(url: string, milliseconds = patience): Promise<string | undefined> {
  const answer = await statusOf(url, milliseconds);
  return typeof answer === "string" ? answer : undefined;
}

/** The HTTP status that a server answers with, or in words why it does not answer. */
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
