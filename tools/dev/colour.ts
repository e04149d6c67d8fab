type Style = (text: string) => string;

/** How text is set off; each returns the text as it is where there are no colours. */
export interface Colours {
  readonly bold: Style;
  readonly green: Style;
  readonly red: Style;
  readonly dim: Style;
}

/** Colours on a terminal, unless NO_COLOR is set (https://no-color.org). */
export function coloursFor(
  stream: { readonly isTTY?: boolean },
  variables: { readonly NO_COLOR?: string | undefined },
): Colours {
  const colourful = stream.isTTY === true && !variables.NO_COLOR;
  const style = (code: number) => (text: string) =>
    colourful ? `\u001b[${code}m${text}\u001b[0m` : text;
  return { bold: style(1), green: style(32), red: style(31), dim: style(2) };
}
