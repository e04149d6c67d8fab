import fc from "fast-check";
import { environmentKeys } from "../../../components/rollout";
import type { Place } from "../../../components/rollout/values/statement";

/** A values file as a site may have it, and where the worker's environment is in it. */
export interface ValuesFileCase {
  readonly text: string;
  readonly place: Place;
}

/** How a file is set out. */
interface Layout {
  readonly form: "list" | "map";
  readonly step: number;
  readonly dash: number;
}

type Lines = readonly string[];
type AnyLines = fc.Arbitrary<Lines>;

const keys = environmentKeys("worker");

const oneOf = (...choices: readonly Lines[]): AnyLines => fc.constantFrom(...choices);

const indented = (lines: Lines, by: number): Lines =>
  lines.map((line) => (line === "" ? line : " ".repeat(by) + line));

const pair = (key: string, [first = "", ...rest]: Lines): Lines => [
  first === "" ? `${key}:` : `${key}: ${first}`,
  ...rest,
];

const emptyOf = ({ form }: Layout) => (form === "list" ? "[]" : "{}");

/** What may follow on a line, and what may stand between two things. */
const tail = fc.constantFrom("", "", "", " # as agreed", "   ", " #");
const between = oneOf([], [], [""], ["# note"], ["", "# - name: OLD", "#   x: y"]);

const names = fc.oneof(
  fc.constantFrom("LOG_LEVEL", "TZ", "Worker__Other", "TaskRunner__Storage__Mode"),
  fc.constantFrom(...keys),
  fc.constantFrom(...keys).map((key) => key.toUpperCase()),
);

const quotedOrNot = (text: string) => fc.constantFrom(text, `"${text}"`, `'${text}'`);

const texts = fc.constantFrom(
  ...["filesystem", "Filesystem", '"filesystem"', "'filesystem'", "mongo", "Mongo", "pack_runs"],
  ...["mongodb://u:p@h/d", '"a # b"', "5", "two words", '""', "yes"],
);

const values = ({ step }: Layout): AnyLines =>
  fc.oneof(
    { weight: 4, arbitrary: fc.tuple(texts, tail).map(([text, end]) => [`${text}${end}`]) },
    oneOf(
      ["|", ...indented(["some", "", "lines"], step)],
      [">-  # folded", ...indented(["folded", "lines"], step)],
      ["|-", ...indented(["stripped"], step)],
      ['"over', ...indented(['two lines" # end'], step)],
    ),
    oneOf([""], ["# nothing"], ["~"]),
  );

const references = ({ step }: Layout): AnyLines =>
  oneOf(
    ["", ...indented(["secretKeyRef:", ...indented(["name: s # x", "key: k"], step)], step)],
    ["", ...indented(["# why", "configMapKeyRef: { name: c, key: k }"], step)],
    ["{ secretKeyRef: { name: s, key: k } } # y"],
  );

/** The lines of one variable in a list; its name may come after its value. */
function listVariable(layout: Layout, name: string): AnyLines {
  const member = fc.oneof(
    { weight: 3, arbitrary: values(layout).map((lines) => pair("value", lines)) },
    references(layout).map((lines) => pair("valueFrom", lines)),
    oneOf(["# a comment inside", "value: x"], []),
  );
  return fc
    .tuple(quotedOrNot(name), member, tail, fc.boolean())
    .map(([spelled, lines, end, last]) => {
      const named = `name: ${spelled}${end}`;
      const members = last && lines[0]?.startsWith("value") ? [...lines, named] : [named, ...lines];
      return [`- ${members[0] ?? ""}`, ...indented(members.slice(1), 2)];
    });
}

function mapVariable(layout: Layout, name: string): AnyLines {
  const from = references(layout).map((lines) => [
    "",
    ...indented(pair("valueFrom", lines), layout.step),
  ]);
  const value = fc.oneof({ weight: 3, arbitrary: values(layout) }, from);
  return fc.tuple(quotedOrNot(name), value).map(([spelled, lines]) => pair(spelled, lines));
}

function variable(layout: Layout, name: string): AnyLines {
  if (layout.form === "map") return mapVariable(layout, name);
  const inFlow = oneOf([`- { name: ${name}, value: "x" } # in flow`]);
  return fc.oneof({ weight: 5, arbitrary: listVariable(layout, name) }, inFlow);
}

const distinctNames = fc.uniqueArray(names, {
  selector: (name) => name.toLowerCase(),
  minLength: 1,
  maxLength: 6,
});

function blockVariables(layout: Layout): AnyLines {
  return distinctNames
    .chain((names) => fc.tuple(...names.flatMap((name) => [between, variable(layout, name)])))
    .map((parts) => parts.flat());
}

/** Variables in one flow collection, on one line or on several. */
function flowVariables({ form }: Layout): AnyLines {
  return fc.tuple(distinctNames, fc.boolean(), fc.boolean()).map(([names, wide, comma]) => {
    const [open, close] = form === "list" ? (["[", "]"] as const) : (["{", "}"] as const);
    const items = names.map((name) =>
      form === "list" ? `{name: ${name}, value: "x"}` : `"${name}": filesystem`,
    );
    const end = comma ? "," : "";
    if (!wide) return [`${open}${items.join(", ")}${end}${close} # flow`];
    return [open, ...`${items.join(",\n")}${end}`.split("\n").map((l) => `    ${l}`), `  ${close}`];
  });
}

/** The environment, its key first; no line where it is missing. */
function environment(key: string, layout: Layout): AnyLines {
  const by = layout.form === "list" ? layout.dash : layout.step;
  const block = fc
    .tuple(tail, blockVariables(layout))
    .map(([end, lines]) => [`${key}:${end}`, ...indented(lines, by)]);
  const empty = emptyOf(layout);
  return fc.oneof(
    { weight: 6, arbitrary: block },
    { weight: 2, arbitrary: flowVariables(layout).map((lines) => pair(key, lines)) },
    oneOf([`${key}:`], [`${key}: ~`], [`${key}: # none`], []),
    oneOf([`${key}: ${empty}`], [`${key}:  ${empty}  # none`]),
  );
}

/** Other things of the site; `at` keeps the keys of two places apart. */
const siblings = (at: string): AnyLines =>
  oneOf(
    [],
    [`image${at}: registry/worker:1.2 # bumped by a robot`, ""],
    [`resources${at}: { limits: { cpu: 1 } }`],
    ["", "# shared", `common${at}: &c${at}`, "  a: 1", `other${at}:`, `  <<: *c${at}`],
    [`text${at}: |+`, "  kept", ""],
    [`replicas${at}: 2`, `nodes${at}:`, "  - a"],
  );

/** The worker's part of an umbrella chart's values, with its environment somewhere in it. */
function underParent(layout: Layout): AnyLines {
  const block = fc
    .tuple(tail, siblings("A"), environment("extraEnv", layout), siblings("B"))
    .map(([end, ...parts]) => [`worker:${end}`, ...indented(parts.flat(), layout.step)]);
  return fc.oneof(
    { weight: 6, arbitrary: block },
    oneOf(["worker:"], ["worker: {}  # empty"], ["worker: ~"], []),
    oneOf(["worker: { tag: x } # flow"], ["worker: { extraEnv: }"]),
    oneOf([`worker: { extraEnv: ${emptyOf(layout)} }`], [`{}`]),
  );
}

const layouts: fc.Arbitrary<Layout> = fc.record({
  form: fc.constantFrom("list", "map"),
  step: fc.constantFrom(2, 4),
  dash: fc.constantFrom(0, 2),
});

/** Values files of every form that this project edits. */
export const valuesFiles: fc.Arbitrary<ValuesFileCase> = layouts
  .chain((layout) =>
    fc.record({
      path: fc.constantFrom(["env"], ["worker", "extraEnv"]),
      direct: environment("env", layout),
      nested: underParent(layout),
      top: oneOf([], ["# Values of the worker", ""], ["---"], ["", ""]),
      above: siblings("C"),
      below: siblings("D"),
      bottom: fc.constantFrom("", "", "\n", "\n\n", "\n# the end", "\n  \n"),
      lineBreak: fc.constantFrom("\n", "\r\n"),
      mark: fc.constantFrom("", "", "\uFEFF"),
    }),
  )
  .map(({ path, direct, nested, ...around }) => {
    const own = path.length === 1 ? direct : nested;
    const alone = own[0] === "{}";
    const siblings = alone ? [[], own, []] : [around.above, own, around.below];
    const lines = [...(alone ? [] : around.top), ...siblings.flat()];
    const text = around.mark + (lines.join("\n") + around.bottom);
    return {
      text: text.replaceAll("\n", around.lineBreak),
      place: { file: "worker.values.yaml", path, keys },
    };
  });
