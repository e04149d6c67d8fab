import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import pLimit from "p-limit";
import { afterAll, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { closeConnections } from "../../components/mongo";
import { createRandom } from "../../tools/sample/random";
import { migrate } from "../transfer/database";
import { serverForTests } from "../server";
import { formOf } from "./form";
import { MemoryJournal } from "./journal";
import { type Danger, dangers, drawDangers } from "./unkind/dangers";
import { listenToConsole } from "./unkind/heard";
import { LosingVolume } from "./unkind/losing-volume";
import { RoughWriter } from "./unkind/rough-writer";
import { StaleVolume } from "./unkind/stale-volume";
import { Walk } from "./unkind/walk";
import { Wire } from "./unkind/wire";
import { type Surface, World } from "./unkind/world";

/** So many walks that fail are enough to see why. */
const enough = 3;

/** The variables of CONTRIBUTING: how many walks, from which seed, and with which dangers. */
const { WALKS = "40", WALK_SEED, WALK_DANGERS = "" } = process.env;
const count = Number(WALKS);
const first = Number(WALK_SEED ?? 1);
const asked = WALK_DANGERS.split(",").filter((name) => name !== "") as Danger[];
vi.setConfig({ testTimeout: count * 20_000 + 240_000 });

const current = serverForTests();
const wires = { wire: new Wire(), slow: new Wire() };
let surface: Surface;
beforeAll(async () => {
  for (const wire of Object.values(wires)) await wire.open(current.server.uri);
});
beforeEach(() => {
  listenToConsole();
  const volume = new StaleVolume();
  surface = { ...wires, volume, names: new LosingVolume(() => volume.isElsewhere) };
});
afterAll(async () => {
  await closeConnections();
  for (const wire of Object.values(wires)) await wire.close();
});

/** One walk; what is wrong after it, with what stopped it on the way. */
async function walk(seed: number, on: ReadonlySet<Danger>, leftOut: readonly string[] = []) {
  const folder = await mkdtemp(join(current.folder, "walk-"));
  const database = current.client.db(`walk_${seed}`);
  await migrate(database);
  const journal = new MemoryJournal();
  const writer = new RoughWriter(createRandom(seed + 2), journal, formOf(seed));
  const world = new World(surface, database, join(folder, "state"), writer, on);
  const one = new Walk(seed, world, journal);
  for (const step of leftOut) one.leftOut.add(step);
  const found = await one.findings();
  await world.end();
  await rm(folder, { recursive: true });
  const words = found.join(" ");
  const events = journal
    .events()
    .filter((event) => "runId" in event && words.includes(event.runId));
  const { stops } = one.operator;
  return { seed, dangers: [...on], found, stops, held: one.held, history: world.history, events };
}

type Walked = Awaited<ReturnType<typeof walk>>;

/** Walks from each seed until some walks have failed; those that have. */
async function failuresOf(
  seeds: readonly number[],
  dangersOf: (seed: number) => ReadonlySet<Danger>,
  hasFailed: (walked: Walked) => boolean,
): Promise<number[]> {
  const write = process.stdout.write.bind(process.stdout);
  const failed: number[] = [];
  await pLimit(3).map(seeds, async (seed) => {
    if (failed.length >= enough) return;
    const walked = await walk(seed, dangersOf(seed));
    if (!hasFailed(walked)) return;
    failed.push(seed);
    write(`WALK_SEED=${seed}: ${JSON.stringify(walked, undefined, 2)}\n`);
  });
  write(`${seeds.length} walks up to WALK_SEED=${seeds.at(-1) ?? first}\n`);
  return failed;
}

const drawn = Array.from({ length: count }, (_, at) => first + at);

it("in an unkind world no step is executed twice, nothing is lost, and a stop has a way on", async () => {
  expect(dangers).toEqual(expect.arrayContaining(asked));
  // A change is tried on the same walks as the one before it; the workflow `breaks` draws others every week.
  const dangersOf = (seed: number) => drawDangers(createRandom(seed + 1), asked);
  expect(await failuresOf(drawn, dangersOf, ({ found }) => found.length > 0)).toEqual([]);
});

/** Some of the walks: a half, a quarter. */
const part = (of: number) => drawn.slice(0, Math.ceil(count / of));
const isDisturbed = ({ found, stops, held }: Walked) => found.length + stops + held.length > 0;

it("a cutover and a rollback under load are not stopped, and hold nothing", async () => {
  const kind = new Set<Danger>();
  expect(await failuresOf(part(2), () => kind, isDisturbed)).toEqual([]);
});

it("a second import or export that is killed beside another one stops and holds nothing", async () => {
  const beside = new Set<Danger>(["second process"]);
  expect(await failuresOf(part(4), () => beside, isDisturbed)).toEqual([]);
});

const handover = ["BulkPass back", "Handover back"];
it.each([
  ["the handover", ["Handover forward"], [], / is executed again$/],
  [
    "the final pass",
    ["FinalPass forward", "Verification forward"],
    ["busy web"],
    /^(run .* is lost|log of .*)$/,
  ],
  ["the export", handover, [], / is executed again$/],
  ["what holds runs without MongoDB", handover, ["lost"], / is executed again$/],
  ["the export after web", ["FinalPass back"], ["busy web"], /^run .* is lost$/],
] as const)("the same checks see it if %s is left out", async (_what, leftOut, on, problem) => {
  const found: string[] = [];
  for (const seed of drawn) {
    if (found.some((words) => problem.test(words))) break;
    found.push(...(await walk(seed, new Set<Danger>(on), leftOut)).found);
  }
  expect(found).toContainEqual(expect.stringMatching(problem));
});
