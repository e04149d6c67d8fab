/** What a text of the program tells its reader to do, by its settings, commands and values alone. */
export interface Advice {
  /** Settings of the section `advanced`, with the values that the text has. */
  readonly settings: readonly (readonly [name: string, value: string])[];
  /** Commands of `taskrunner-storage`, as arguments. */
  readonly commands: readonly (readonly string[])[];
  /** Whether documents of the runs that it names are to be deleted. */
  readonly deletes: boolean;
  /** Whether the services may go back to files. */
  readonly goesBack: boolean;
}

/** Reads a text as somebody does who copies what it says, and knows nothing else. */
export function adviceIn(text: string): Advice {
  const all = (pattern: RegExp) =>
    [...text.matchAll(pattern)].map(([, one = "", two = ""]) => [one, two] as const);
  return {
    settings: all(/advanced\.(\w+): "([^"]+)"/g),
    commands: all(/`(?:npx )?taskrunner-storage ([^`]+)`/g).map(([words]) => words.split(" ")),
    deletes: /\bdelete [^.]*in MongoDB/.test(text),
    goesBack: /storageMode:? filesystem/.test(text),
  };
}
