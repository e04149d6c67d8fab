import type * as pulumi from "@pulumi/pulumi";
import { vi } from "vitest";

type Provider = Required<pulumi.dynamic.ResourceProvider>;

/** What a step says in a preview that it will do. @param outs of its last run; absent if the stack lacks it */
export async function planned(
  provider: Provider,
  news: object,
  outs?: object,
): Promise<string | undefined> {
  const printed = vi.spyOn(console, "log");
  const before = printed.mock.calls.length;
  const checked = await provider.check(outs ?? {}, { ...news, isPreview: true });
  if (outs) await provider.diff("id", outs, checked.inputs as object);
  const lines = printed.mock.calls.slice(before).map(([line]) => String(line));
  const found = lines.filter((line) => line.endsWith(" [planned]"));
  if (found.length > 1) throw new Error(`More than one line: ${found.join("\n")}`);
  return found[0]?.replace(" [planned]", "");
}
