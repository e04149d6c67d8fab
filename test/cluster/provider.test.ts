import { expect, it } from "vitest";
import * as pulumi from "@pulumi/pulumi";
import { providers } from "../../components/cluster/provider";

const { unknownValue } = pulumi.runtime as unknown as { readonly unknownValue: string };
const { GeneratedPassword, LogIn } = providers;

it("a password is new with a new version, and stays with the same", async () => {
  const made = await GeneratedPassword.create({ version: 1 });
  const other = await GeneratedPassword.update(made.id, made.outs, { version: 2 });
  const passwords = [made.outs, other.outs].map((outs) => (outs as { password: string }).password);

  for (const password of passwords) expect(password).toMatch(/^[\w-]{32}$/);
  expect(new Set(passwords).size).toBe(2);
  expect(await GeneratedPassword.diff("", made.outs, { version: 1 })).toEqual({ changes: false });
  expect(await GeneratedPassword.diff("", made.outs, { version: 2 })).toEqual({ changes: true });
});

const inputs = { direction: "forward", uri: "mongodb://a/x" } as const;
const state = { ...inputs, from: "version 1", applied: true };
const differs = async (news: object) =>
  (await LogIn.diff("", state, { ...state, ...news })).changes;

it("a log-in is due for another connection string, and for what decides about it", async () => {
  expect(await differs({})).toBe(false);
  expect(await differs({ uri: "mongodb://c/x" })).toBe(true);
  expect(await differs({ from: "version 2" })).toBe(true);
});

it("a connection string that a preview does not know counts as the same", async () => {
  expect(unknownValue).toMatch(/^[0-9a-f-]{36}$/);
  expect(await differs({ uri: unknownValue })).toBe(false);
  expect(await differs({ uri: unknownValue, from: "version 2" })).toBe(true);
});

it("in filesystem mode the connection string stays that of the state", async () => {
  const back = { direction: "back" } as const;
  expect(await LogIn.diff("", state, back)).toEqual({ changes: false });
  expect(await LogIn.update("", state, back)).toEqual({ outs: state });
});
