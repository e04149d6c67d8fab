import { type Break, swapped } from "./breaks";

const pods = "test/rollout/pods";
const transfer = "test/transfer";

/** Drain, rollout and Jobs: a control plane tells. */
const rollout: readonly Break[] = [
  {
    guarantee: "a drain stops if the worker is scaled up meanwhile",
    tests: [`${pods}/drain.test.ts > names who scales`],
  },
  {
    guarantee: "a drain refuses pods of the worker that it does not drain",
    instead: "return undefined;",
    tests: [`${pods}/executors.test.ts > under other labels`],
  },
  {
    guarantee: "web of a release that has both services waits for the worker",
    tests: [`${pods}/paused.test.ts > is paused by the worker's drain`],
  },
  {
    guarantee: "a closed gate leaves a worker on MongoDB there",
    instead: 'return { direction: "back" };',
    tests: [`${pods}/gate.test.ts > leaves a worker on MongoDB that the stack takes over`],
  },
  {
    guarantee: "a rollback ends no cutover over a worker that was scaled up since its drain",
    instead: "() => Promise.resolve()",
    tests: [`${transfer}/steps/handover.test.ts > exports again after another drain`],
  },
  {
    guarantee: "a workload that was created again is not the one that was drained",
    tests: [`${pods}/drain-snapshot.test.ts > deleted and created again`],
  },
  {
    guarantee: "executors that appear after the drain are found",
    instead: "return undefined;",
    tests: [`${pods}/drain-snapshot.test.ts > an executor that appears after the drain`],
  },
  {
    guarantee: "no cutover is recorded over a worker that was scaled up since its drain",
    tests: [`${pods}/drain-snapshot.test.ts > stops the cutover before it is recorded`],
  },
  {
    guarantee: "no rollout of a worker that was scaled up since the cutover",
    tests: [`${pods}/drain-snapshot.test.ts > between the record and the rollout`],
  },
  {
    guarantee: "no worker starts between its drain and a handover that is left out",
    tests: [`${pods}/replaced.test.ts > wait for the handover`],
  },
  {
    guarantee: "a worker gets its replicas once its template states the mode",
    tests: [`${pods}/replaced.test.ts > once the template says the mode`],
  },
  {
    guarantee: "a pending Helm operation is found before the drain",
    instead: "return undefined;",
    tests: [`${pods}/pending.test.ts`],
  },
  {
    guarantee: "a push that would be refused stops before anything changes",
    tests: [`${pods}/push.test.ts > stops the update where the server refuses`],
  },
  {
    guarantee: "a push has nothing else of the checkout",
    instead: "const index = {};",
    tests: ["test/rollout/values/git.test.ts > leaves what else is changed in the checkout"],
  },
  {
    guarantee: "a stack never works on another cluster than the recorded one",
    tests: ["test/rollout/update/services-check.test.ts > on another cluster"],
  },
  {
    guarantee: "a destroyed stack leaves nothing paused",
    tests: [`${pods}/paused.test.ts > is resumed when the stack is destroyed`],
  },
  {
    guarantee: "a canary is gone when its step ends",
    tests: ["test/rollout/canary/step.test.ts > the pod is gone afterwards"],
  },
  {
    guarantee: "a Job ends with its own container, whatever sidecars do",
    tests: ["test/jobs/run.test.ts > whatever sidecars do"],
  },
];

/** The engine, and the order of the steps. */
const engine: readonly Break[] = [
  {
    // Either of its two ways is enough here: the pipes that close, and the address that refuses.
    guarantee: "a killed engine leaves no provider at work",
    instead: "return;",
    tests: ["test/engine/killed.test.ts > leaves no program and no provider at work"],
  },
  {
    guarantee: "connection strings are secret in the state",
    instead: `const secretOf = (key: "mongoUri" | "appMongoUri") =>
      given[key] === undefined ? undefined : pulumi.unsecret(checked.apply((one) => one[key] ?? ""));`,
    tests: [
      "test/engine/cutover.test.ts > imports the state, rolls out the worker",
      "test/engine/cutover.test.ts > lets no password out",
    ],
  },
  {
    guarantee: "nothing changes before the check of the services",
    instead: 'const cluster = new MongoCluster("mongo", settings);',
    tests: ["test/program/order.test.ts > before the check of the services"],
  },
];

/** The state: what a kill, a crash, or a writer beside it leaves. */
const state: readonly Break[] = [
  {
    guarantee: "no crash takes a file back that a merge base vouches for",
    tests: [`${transfer}/durable.test.ts > that was exported, its log and the end`],
  },
  {
    guarantee: "no crash takes a held run out of held/",
    tests: [`${transfer}/durable.test.ts > a held run is held after a crash`],
  },
  {
    guarantee: "no two writers share a temporary file",
    instead: "return `${path}.tmp`;",
    tests: [
      `${transfer}/copies.test.ts > a write beside another one`,
      `${transfer}/quarantine.test.ts > at the same time each leave a whole list`,
    ],
  },
  {
    guarantee: "no write between an export's last look and its rename is lost",
    instead: `const isMoved =
      isSameStat(toFileStat(await fs.lstat(path)), read) && (await fs.rename(temporary, path).then(() => true));`,
    tests: ["test/state/publish.test.ts > right after the last look is not lost"],
  },
  {
    guarantee: "an import announces what it writes before it does",
    tests: [`${transfer}/one-key.test.ts > known also where its import was killed`],
  },
  {
    guarantee: "a checkpoint is saved after its batch",
    instead: `const write = async (batch: Batch) => {
      await checkpoints.save(batch.reached);
      return writeBatch(importing, batch);
    };
    await workOn(groups, write, count);`,
    tests: [`${transfer}/server-trouble.test.ts > leaves no checkpoint`],
  },
  {
    guarantee: "no service on MongoDB sees a run before its parts",
    instead: swapped,
    tests: [`${transfer}/run-last.test.ts > a worker in Mongo mode sees no run`],
  },
  {
    guarantee: "no service on files sees a run before its parts",
    instead: swapped,
    tests: [`${transfer}/run-last.test.ts > a worker on files sees no run`],
  },
  {
    guarantee: "the final pass is recorded before it imports",
    tests: [`${transfer}/before-end.test.ts > that web wrote after the handover`],
  },
];

/** What neither `make mutate` nor a look at the code can prove. At most 30, because each run takes half a minute. */
export const breaks: readonly Break[] = [...rollout, ...engine, ...state];
