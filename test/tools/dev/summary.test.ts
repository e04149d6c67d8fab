import { describe, expect, test } from "vitest";
import { stackOutputsFrom } from "../../../tools/dev/outputs";
import { devPaths, stacks } from "../../../tools/dev/places";
import { coloursFor, type Facts, summaryText } from "../../../tools/dev/summary";

const plain = coloursFor({ isTTY: false }, {});
const json = { storageMode: "mongo", rollout: { worker: { mode: "mongo" } } };
const outputs = stackOutputsFrom(json);
/** The summary of stack dev, without colours unless they are given. */
const told = (facts: Omit<Facts, "places">, colours = plain) =>
  summaryText({ places: devPaths("/repository"), ...facts }, colours);
const database = "mongodb://127.0.0.1:27017/taskrunner";

describe("the summary", () => {
  test("says what the services of a real node executed, and names what they executed again", () => {
    const sentence = "12 steps of 5 runs were executed, 1 again";
    const journal = { sentence, repeats: ["build of r is executed after its success"] };
    const lines = told({ outputs, journal }).split("\n");
    expect(lines).toEqual(expect.arrayContaining([sentence, ...journal.repeats]));
  });

  test("tells which server runs, where to look and how to roll back", () => {
    const server = "SecantusDB 0.7.0b3, process 4711";
    expect(told({ outputs, database, server })).toBe(
      `stack dev
database  mongodb://127.0.0.1:27017/taskrunner; SecantusDB 0.7.0b3, process 4711
files     .dev/taskrunner
look      mongosh mongodb://127.0.0.1:27017/taskrunner; tail -n +1 .dev/rollout/*.values.yaml
roll back make rollback (needs no MongoDB)
stop      make down (keeps the data; log in .dev/mongo.log)`,
    );
  });

  test("in filesystem mode names the way on, and no database", () => {
    const onFiles = { ...outputs, storageMode: "filesystem" as const };
    const text = told({ outputs: onFiles });
    expect(text).toContain("go on     make up");
    expect(text).not.toMatch(/mongodb:|make rollback|make down/);
  });

  test("of releases names how to look at their pods, and the stack in every command", () => {
    const worker = { mode: "mongo", namespace: "taskrunner", release: "worker", revision: 2 };
    const text = summaryText(
      {
        places: devPaths("/repository", stacks.local),
        outputs: stackOutputsFrom({ ...json, rollout: { worker } }),
        database,
        server: "SecantusDB 0.7.0b3, process 4711",
        kubectl: "kubectl --kubeconfig .dev/local/cluster/kubeconfig",
      },
      plain,
    );
    expect(text.slice(text.indexOf("files     "))).toBe(
      `files     .dev/local/taskrunner
look      mongosh mongodb://127.0.0.1:27017/taskrunner
pods      kubectl --kubeconfig .dev/local/cluster/kubeconfig --namespace taskrunner get pods
roll back make rollback STACK=local (needs no MongoDB)
stop      make down STACK=local (keeps the data; log in .dev/local/mongo.log)`,
    );
  });

  test("leaves out what was never done", () => {
    const bare = stackOutputsFrom({ storageMode: "filesystem" });
    expect(told({ outputs: bare })).not.toContain("undefined");
  });

  test("is coloured on a terminal, and not under NO_COLOR", () => {
    const onTerminal = (NO_COLOR?: string) =>
      told({ outputs }, coloursFor({ isTTY: true }, { NO_COLOR }));
    expect(onTerminal()).toContain("\u001b[");
    expect(onTerminal("1")).toBe(told({ outputs }));
  });
});
