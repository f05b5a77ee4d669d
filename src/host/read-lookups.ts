import { type Lookups, parseLookups } from "../config/lookups.ts";
import type { Paths } from "../paths.ts";
import type { Host } from "./host.ts";

/** Names of services and protocols as this machine has them. */
export async function readLookups(host: Host, paths: Paths): Promise<Lookups> {
  const [services, protocols] = await Promise.all([host.read(paths.services), host.read(paths.protocols)]);
  return parseLookups(services, protocols);
}
