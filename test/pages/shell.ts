/** The words that begin a command without being one. */
const keywords = new Set(["if", "then", "else", "elif", "while", "until", "do", "!", "{", "}"]);

/** Commands with no arguments of interest: the end of a list, or a loop's list of words. */
const ends = new Set(["fi", "done", "for", "esac"]);

/**
 * The simple commands of a shell script, each as its words without quotes, in the order of their ends. What is inside
 * `$(…)` is a command of its own. Variables that are set for a command, and redirections, are left out.
 *
 * @throws Error if a quote or a bracket is open at the end
 */
export function commandsIn(script: string): string[][] {
  const found: string[][] = [];
  let words: string[] = [];
  const end = () => {
    const start = words.findIndex((word) => !keywords.has(word) && !/^[A-Za-z_]\w*=/.test(word));
    const command = start === -1 ? [] : words.slice(start);
    if (command[0] !== undefined && !ends.has(command[0])) found.push(command);
    words = [];
  };
  const text = script.replaceAll("\\\n", " ");
  for (let at = 0; at < text.length;) {
    const rest = text.slice(at);
    const [skipped] = /^(?:[ \t]+|#.*|\d?(?:>>?|<)&?[ \t]*(?:\d|[^\s|&;]+))/.exec(rest) ?? [];
    if (skipped !== undefined) {
      at += skipped.length;
    } else if (/^[\n;|&()]/.test(rest)) {
      end();
      at += 1;
    } else {
      const { word, inside, length } = wordAt(rest);
      found.push(...inside);
      if (word !== undefined) words.push(word);
      at += length;
    }
  }
  end();
  return found;
}

/**
 * The word at the start of a text, without its quotes, and the commands inside it. A `$(…)` without quotes may be any
 * number of words, so it is none.
 */
function wordAt(text: string) {
  const inside: string[][] = [];
  let isOpen = false;
  let word = "";
  let quote = "";
  let at = 0;
  for (; at < text.length; at += 1) {
    const one = text.charAt(at);
    if (quote !== "'" && text.startsWith("$(", at)) {
      const length = lengthInBrackets(text.slice(at + 2));
      inside.push(...commandsIn(text.slice(at + 2, at + 2 + length)));
      word += "$";
      isOpen ||= quote === "";
      at += 2 + length;
    } else if (one === quote) quote = "";
    else if (quote === "" && (one === "'" || one === '"')) quote = one;
    else if (quote === "" && /[\s;|&()]/.test(one)) break;
    else if (one === "\\" && quote !== "'") word += text.charAt((at += 1));
    else word += one;
  }
  if (quote !== "") throw new Error(`A ${quote} is open: ${text}`);
  return { word: isOpen && word === "$" ? undefined : word, inside, length: at };
}

/** The length of a text up to the bracket that closes it. */
function lengthInBrackets(text: string): number {
  let open = 1;
  for (const { 0: found, index } of text.matchAll(/'[^']*'|[()]/g)) {
    if (found === "(") open += 1;
    else if (found === ")") open -= 1;
    if (open === 0) return index;
  }
  throw new Error(`A $( is open: ${text}`);
}
