import { andMore, formatCount } from "../text";
import type { ReviewInput } from "./input";
import type { PreviewedDatabase } from "./read";
import type { Risks } from "./risks";
import { join, md, ours, type Markdown } from "./safe/markdown";

type Place = Pick<PreviewedDatabase, "hosts" | "database">;

/** A database as `HOSTS/DATABASE`; what only `up` knows is said to be. */
function describePlace({ hosts, database }: Place): Markdown {
  if (hosts && database) return md`${`${hosts}/${database}`}`;
  const parts = [
    hosts === undefined ? ours("a host known in up") : md`host ${hosts}`,
    database === undefined ? ours("a database known in up") : md`database ${database}`,
  ];
  return join(parts, ", ");
}

/** The databases of all environments, each once; empty if the preview did not come to them. */
export function describeDatabases({ databases }: ReviewInput): Markdown[] {
  const named = databases.filter(({ hosts, database }) => hosts ?? database);
  const byText = new Map(named.map(describePlace).map((place) => [place.text, place]));
  return byText.size === 0 ? [] : [md`MongoDB ${join([...byText.values()], " and ")}`];
}

/** The databases that services work on and that the settings no longer name. */
export function databaseChanges({ databases }: ReviewInput): string[] {
  return databases.flatMap(({ hosts, database, former }) => {
    const isSame = former === `${hosts}/${database}`;
    if (!former || !hosts || !database || isSame) return [];
    const place = describePlace({ hosts, database });
    return [
      md`the database changes from ${former} to ${place}, while services work on MongoDB`.text,
    ];
  });
}

/** Why the figures of a plan of another database are not used; undefined if there is none. */
export function describeOtherPlan({ databases, otherPlan }: ReviewInput): string | undefined {
  if (!otherPlan) return undefined;
  const own = join(databases.map(describePlace), " and ");
  return md`the plan is of ${describePlace(otherPlan)}, and the preview of ${own}`.text;
}

const mostNames = 5;

/** What a database has besides our schema, where MongoDB gets the schema for the first time. */
export function otherCollections({ steps, plan, direction }: ReviewInput): Risks {
  const isFirst = steps.some((one) => one.className === "LedgerClaim" && one.isFirstCreate);
  if (direction !== "cutover" || !isFirst || !plan) return [];
  const names = plan.leftAlone.flatMap(({ index, collection }) => (index ? [] : [collection]));
  if (names.length === 0) return [];
  const shown = names.slice(0, mostNames).map((name) => md`${name}`);
  const list = join([...shown, ...andMore(names.length - mostNames).map(ours)], ", ");
  const count = formatCount(names.length, "collection");
  return [md`the database has ${ours(count)} outside the schema: ${list}`.text];
}
