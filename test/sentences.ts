/** What the code says in a case: its answer, or the error that it throws. */
export type Saying = () => unknown;

/** The sentences of cases, each below the case's name: the content of a file that a reviewer reads. */
export async function sentences(cases: Readonly<Record<string, Saying>>): Promise<string> {
  const parts: string[] = [];
  for (const [name, say] of Object.entries(cases)) parts.push(`# ${name}\n${await textOf(say)}\n`);
  return parts.join("\n");
}

async function textOf(say: Saying): Promise<string> {
  try {
    return String(await say());
  } catch (error) {
    return (error as Error).message;
  }
}
