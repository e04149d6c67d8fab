import { nameInInstance } from "../instance";
import type { TestStack } from "./stack";

/** A resource as the engine keeps it. */
export interface StateResource {
  readonly urn: string;
  readonly custom: boolean;
  readonly dependencies?: readonly string[];
  readonly inputs?: object;
  readonly outputs?: object;
}

/** What the engine keeps of a stack, as far as tests look at it. */
export interface EngineState {
  readonly deployment: {
    readonly resources: readonly StateResource[];
    readonly pending_operations?: readonly { readonly resource: { readonly urn: string } }[];
  };
}

/** What the engine keeps of a stack now. */
export async function engineState(stack: Pick<TestStack, "state">): Promise<EngineState> {
  return JSON.parse(await stack.state()) as EngineState;
}

/** What the state has of a step, by its name: its inputs and results. */
export async function outputsOfStep(stack: Pick<TestStack, "state">, name: string) {
  const { resources } = (await engineState(stack)).deployment;
  return resources.find(({ urn, custom }) => custom && nameIn(urn) === name)?.outputs;
}

/** The name at the end of a URN, in its environment. */
export const nameIn = (urn: string) => nameInInstance(urn.split("::").at(-1) ?? "");

/**
 * What a state says of each resource; a secret is encrypted anew each time. The default provider has
 * the settings of the last update, even of one that was refused.
 */
export async function resourcesOf(stack: TestStack): Promise<unknown> {
  const withoutSecrets = (key: string, value: unknown) => (key === "ciphertext" ? "" : value);
  const { deployment } = JSON.parse(await stack.state(), withoutSecrets) as EngineState;
  return deployment.resources
    .filter(({ urn }) => !urn.includes("::pulumi:providers:"))
    .map(({ urn, inputs, outputs }) => ({ urn, inputs, outputs }))
    .sort((one, other) => one.urn.localeCompare(other.urn));
}

/** The names of the resources that wait for another one themselves. */
export async function dependantsOf(name: string, stack: TestStack): Promise<string[]> {
  const { deployment } = await engineState(stack);
  return deployment.resources
    .filter(({ dependencies = [] }) => dependencies.some((urn) => nameIn(urn) === name))
    .map(({ urn }) => nameIn(urn));
}
