import { expect, it } from "vitest";
import { formatAnswer, parseAnswer } from "../../components/step";
import { defaultFolders } from "../../components/contract";
import { type RollbackResults, countOf, toMessages } from "../../components/transfer";
import { heldSections } from "../../components/transfer/describe/export";

const runIds = Array.from({ length: 600 }, (_, at) => `release-${at}`);

it("a rollback's runs are counted whole, although a Job's answer has room for some of them", () => {
  const all = { count: 600, cases: runIds };
  const rollback: RollbackResults = { at: "", held: all, unequal: all };
  const { answer, leftOut = 0 } = parseAnswer(formatAnswer({ rollback }, [])) ?? {};
  const found = (answer as { readonly rollback: RollbackResults }).rollback;

  expect(leftOut).toBeGreaterThan(600);
  expect([countOf(found.held), countOf(found.unequal)]).toEqual([600, 600]);
});

it("lists that an earlier version left in a stack's outputs are counted too", () => {
  expect([countOf(["busy", "slow"]), countOf(undefined)]).toEqual([2, 0]);
});

it("a run that is held twice and cannot return is told once, as one that cannot", () => {
  const held = { count: 2, cases: ["busy", "busy"] };
  const destinationTaken = { count: 1, cases: ["busy"] };
  const state = { root: "/state", folders: defaultFolders };
  const found = toMessages(heldSections({ held, destinationTaken }, state, "`pulumi up`"));
  expect(found).toMatchObject([{ code: "runs-not-moved" }]);
});
