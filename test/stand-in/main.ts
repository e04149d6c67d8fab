/**
 * A service of the stand-in as a process: `main.ts worker` or `main.ts web`. Beside the document's
 * variables it reads `StandIn__Journal` (the journal's folder), `StandIn__Queue` (the folder of jobs,
 * which only filesystem mode has), `StandIn__Runs` (how many runs web submits, default none),
 * `StandIn__Seed` (default 1), `StandIn__PauseMs` (the longest pause between two things, default 50)
 * and HOSTNAME, its instance. SIGTERM: it finishes what is in hand and ends.
 */
import { hash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { MongoNetworkError, MongoServerSelectionError } from "mongodb";
import { createRandom } from "../../tools/sample/random";
import { FileJournal } from "./file-journal";
import { formatTimestamp, type StoreService, type ServiceContext } from "./service";
import { openStore, required, setting } from "./settings";
import { Web } from "./web";
import { Worker } from "./worker";

const stop = new AbortController();

async function main(): Promise<void> {
  const kind = process.argv[2] === "worker" ? "worker" : "web";
  const opened = await openStore(kind, process.env);
  const journal = new FileJournal(required(process.env, "StandIn__Journal"));
  const pod = required(process.env, "HOSTNAME");
  const random = createRandom(seedOf(pod));
  // A container that is started again is another instance: its runs are not those of the one before it.
  const name = `${pod}-${Date.now().toString(36)}`;
  const { store, queue } = opened;
  const about = { store, queue, journal, random, name, now: clock() };
  try {
    await work(serviceOf(kind, about, journal), about, journal);
  } catch (error) {
    journal.write({ event: "refused", by: name, reason: String(error) });
    throw error;
  } finally {
    await opened.close();
  }
}

/** Pods of one Deployment have one environment, and are not to do the same. */
function seedOf(name: string): number {
  const own = Number.parseInt(hash("sha256", name).slice(0, 8), 16);
  return own + Number(setting(process.env, "StandIn__Seed") ?? 1);
}

function serviceOf(
  kind: "worker" | "web",
  about: ServiceContext,
  journal: FileJournal,
): StoreService {
  if (kind === "worker") return new Worker(about);
  const runs = Number(setting(process.env, "StandIn__Runs") ?? 0);
  return new Web(about, () => ({ runs: journal.isClosed() ? 0 : runs, chance: 0.3 }));
}

async function work(
  service: StoreService,
  about: ServiceContext,
  journal: FileJournal,
): Promise<void> {
  const longest = Number(setting(process.env, "StandIn__PauseMs") ?? 50);
  console.log(`${about.name} works`);
  while (!stop.signal.aborted) {
    // No Service leads people to a canary (components/rollout/canary), so nobody asks it for anything.
    if (about.name.startsWith("taskrunner-canary-")) await about.store.pendingApprovals();
    else if (journal.isPaused()) await pause(service, about, journal);
    else await tick(service);
    // Asked to stop it does not wait for the end of the pause.
    await sleep(about.random.between(0, longest), undefined, stop).catch(() => undefined);
  }
  await service.drain();
  console.log(`${about.name} ended`);
}

async function pause(service: StoreService, { name }: ServiceContext, journal: FileJournal) {
  await service.drain();
  journal.write({ event: "paused", by: name });
  while (journal.isPaused() && !stop.signal.aborted) await sleep(50);
}

/** Where MongoDB does not answer it is asked again later. */
async function tick(service: StoreService): Promise<void> {
  try {
    await service.tick();
  } catch (error) {
    const isAway = error instanceof MongoNetworkError || error instanceof MongoServerSelectionError;
    if (!isAway) throw error;
    console.log(String(error));
  }
}

function clock(): () => string {
  let last = 0;
  return () => formatTimestamp((last = Math.max(Date.now(), last + 1)));
}

process.on("SIGTERM", () => {
  stop.abort();
});
void main();
