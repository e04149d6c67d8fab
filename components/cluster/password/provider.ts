import { randomBytes } from "node:crypto";
import type * as pulumi from "@pulumi/pulumi";

/** Inputs: which password it is; another number asks for a new one. */
export interface PasswordInputs {
  readonly version: number;
}

/** 192 bits, in the 32 characters of base64url, which a connection string takes as they are. */
const newPassword = () => randomBytes(24).toString("base64url");

/**
 * The dynamic provider of a password that lives in the stack's state alone, encrypted (decision 12).
 * Deleting it forgets it.
 */
export const generatedPassword: Required<pulumi.dynamic.ResourceProvider> = {
  configure: () => Promise.resolve(),
  check: (_olds, news: PasswordInputs) => Promise.resolve({ inputs: news }),
  diff: (_id, { version }: PasswordInputs, news: PasswordInputs) =>
    Promise.resolve({ changes: version !== news.version }),
  create: (inputs: PasswordInputs) =>
    Promise.resolve({ id: "password", outs: { ...inputs, password: newPassword() } }),
  update: (_id, _state, news: PasswordInputs) =>
    Promise.resolve({ outs: { ...news, password: newPassword() } }),
  read: (id, props: object) => Promise.resolve({ id, props }),
  delete: () => Promise.resolve(),
};
