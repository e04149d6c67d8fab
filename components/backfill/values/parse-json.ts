import { visit } from "jsonc-parser";
import { Refusal } from "../errors";
import { exactNumber } from "./number";
import { objectOf } from "./object";

/**
 * What `JSON.parse` may lose: a number in a value's place with ten digits or more, a fraction or
 * an exponent, and a key that looks like an integer. It may find more than there is (inside a
 * text), never less.
 */
const lossy = /[:[,]\s*-?(?:\d{10,}|\d+[.eE][\d.eE+-]*)\s*[,\]}]|"(?:\d|\\u003\d)+"\s*:/;

/**
 * A JSON text's value with nothing lost: numbers as BSON numbers that hold them exactly, keys in
 * their order. Of two members with one name the last counts, as for the services' own reader.
 *
 * @throws SyntaxError where the text is no JSON
 * @throws Refusal (`number`) where no BSON number holds a number exactly
 */
export function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  return lossy.test(text) ? parseExactly(text) : value;
}

/** An object or a list that has begun; `name` is its own name in the object around it. */
interface Open {
  readonly name: string;
  readonly members?: Map<string, unknown>;
  readonly items: unknown[];
}

/** The value of a text that is valid JSON. */
function parseExactly(text: string): unknown {
  const root: Open = { name: "", items: [] };
  const open: Open[] = [root];
  let name = "";
  const add = (value: unknown) => {
    const around = open.at(-1) ?? root;
    if (around.members) around.members.set(name, value);
    else around.items.push(value);
  };
  const close = () => {
    const ended = open.pop() ?? root;
    name = ended.name;
    add(ended.members ? objectOf(ended.members) : ended.items);
  };
  visit(text, {
    onObjectBegin: () => void open.push({ name, members: new Map(), items: [] }),
    onObjectProperty: (property) => (name = property),
    onArrayBegin: () => void open.push({ name, items: [] }),
    onLiteralValue: (value: unknown, offset, length) => {
      add(typeof value === "number" ? numberIn(text.slice(offset, offset + length)) : value);
    },
    onObjectEnd: close,
    onArrayEnd: close,
  });
  return root.items[0];
}

function numberIn(text: string): unknown {
  const number = exactNumber(text);
  if (number === undefined) {
    throw new Refusal("number", "a number that no BSON number holds without loss");
  }
  return number;
}
