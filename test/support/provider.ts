import { INTERNET, STRANGER } from "./lab-map.ts";

/** What the whole IPv4 internet of a small world is, at each of its providers: a server, and a stranger who asks. */
export const EVERYWHERE: readonly string[] = [INTERNET.ipv4, STRANGER.ipv4].map((address) => `addr add ${address}/32 dev lo`);

/** A provider's end of a line, with that internet behind it. `more`: further lines for `ip -batch`. */
export function provider(address: string, ...more: readonly string[]) {
  return { setup: [`addr add ${address}/24 dev eth0`, ...EVERYWHERE, ...more], serves: [INTERNET.ipv4] };
}
