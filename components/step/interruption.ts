import { subscribe } from "node:diagnostics_channel";
import { Unfinished } from "./step";

const interruption = new AbortController();

/**
 * Aborted once the engine is interrupted, as by Ctrl-C. Its reason is the error that ends a pass. The engine then asks
 * each plugin to cancel, and the host of dynamic providers answers without asking a provider, so only Node.js sees the
 * request. Its plugins are in process groups of their own, so no signal reaches them.
 */
export const interrupted: AbortSignal = interruption.signal;

subscribe("http2.server.stream.created", (message) => {
  const { headers } = message as { readonly headers: Readonly<Record<string, unknown>> };
  if (headers[":path"] !== "/pulumirpc.ResourceProvider/Cancel") return;
  const reason =
    "Interrupted: this pass ended after the runs at work, which stay done. Run `pulumi up` again; it resumes here.";
  interruption.abort(new Unfinished([reason]));
});
