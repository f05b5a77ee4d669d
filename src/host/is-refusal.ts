import { isHostError } from "./host.ts";

/** What iptables 1.8 (both front ends) and ipset 7 answer to somebody who is not root. */
export const REFUSED = /permission denied|not permitted|must be root/i;

/** Whether the kernel's rules could not be read because only root may. */
export function isRefusal(error: unknown): boolean {
  return isHostError(error) && REFUSED.test(error.message);
}
