import { type Context, EXIT, OperatorError } from "../context.ts";
import { readStandardInput } from "../host/read-standard-input.ts";
import { type Hook, runHook } from "../host/run-hook.ts";
import type { HookCall } from "../uplink/hook-call.ts";

/** `policy-route hook`: calls the operator's script, for a run of ours that does not wait for it (host/start-hook.ts). */
export async function run(context: Context): Promise<number> {
  const { hook, calls } = parse(await readStandardInput());
  await runHook(context, hook, calls);
  return EXIT.fine;
}

function parse(text: string): { readonly hook: Hook; readonly calls: readonly HookCall[] } {
  try {
    return JSON.parse(text);
  } catch {
    throw new OperatorError("policy-route hook is called by policy-route itself");
  }
}
