import type { KernelObjects } from "./kernel-objects.ts";
import type { KernelState } from "./kernel-state.ts";
import { renderChain, renderHook } from "./render-iptables.ts";

/** The desired state in the form it is compared in. */
export function renderState(state: KernelState): KernelObjects {
  const { ipRules, routes, sets, sysctls, files } = state;
  return { chains: state.chains.map(renderChain), jumps: state.hooks.map(renderHook), ipRules, routes, sets, sysctls, files };
}
