// Sign, type and name of a resource, then its status, its time and its changed inputs.
const row =
  /^ .{2,3} +[\w-]+:\S+:\S+ \S+ (?:\*\*[a-z ]+\*\*|[a-z]+)? ?(?:\(\d[^)]*\))? ?(?:\[(?:diff: [^\]]*|retain)\])? ?/;
const summaryOfRow = /^\d+ (?:error|warning|message)s?(?:; |$)/;
const endOfMessages = /^(?:Outputs|Policies|Resources|Duration):/;

/**
 * The engine's output without the rows of resources. Each message comes once, when the engine prints it; an error comes
 * whole, below the resource's name, as the engine repeats it at its end.
 */
export async function* messagesIn(lines: AsyncIterable<string>): AsyncGenerator<string> {
  const printed = new Set<string>();
  let errors: string[] = [];
  let part: "rows" | "diagnostics" | "end" = "rows";
  // A blank line or a resource's name, if something follows it.
  let before: string[] = [];
  for await (const line of lines) {
    if (line === "Diagnostics:") {
      part = "diagnostics";
      errors = [];
    } else if (part !== "end" && endOfMessages.test(line)) {
      part = "end";
      yield* ["", line];
      before = [];
    } else if (part === "end") {
      if (line !== "") yield* [...before, line];
      before = line === "" ? [line] : [];
    } else if (part === "diagnostics") {
      if (/^ {2}\S/.test(line)) before = ["", line];
      else if (line !== "" && !printed.has(line.trim())) {
        yield* [...before, line];
        before = [];
      }
    } else {
      const text = line.replace(row, "").trim();
      if (text.startsWith("error: ")) errors.push(text);
      else if (text !== "" && !summaryOfRow.test(text) && !printed.has(text)) {
        printed.add(text);
        yield text;
      }
    }
  }
  // Of an engine that was killed before it repeated them.
  yield* errors;
}
