import * as z from "zod/mini";
import { familyOf } from "../net/address.ts";
import { isInterfaceName } from "./interface-name.ts";
import type { RibDefault, RibNexthop } from "./rib-default.ts";

/** The keys of FRR's `show ip route ... json` that are read (FRR 4 to 10); flags are absent when false. */
const RIB = z.record(
  z.string(),
  z.array(
    z.object({
      protocol: z.string(),
      selected: z.optional(z.boolean()),
      distance: z._default(z.number(), 0),
      nexthops: z._default(
        z.array(z.object({ ip: z.optional(z.string()), interfaceName: z.optional(z.string()), active: z.optional(z.boolean()) })),
        [],
      ),
    }),
  ),
);

/** Parses FRR's JSON answer to `show ip route 0.0.0.0/0 json`; `{}` means no default route. `undefined` when it is something else. */
export function parseRibJson(text: string): readonly RibDefault[] | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const rib = z.safeParse(RIB, value);
  if (!rib.success) return undefined;
  return (rib.data["0.0.0.0/0"] ?? []).map((route) => ({
    protocol: route.protocol,
    best: route.selected === true,
    distance: route.distance,
    nexthops: route.nexthops.flatMap((nexthop): RibNexthop[] => {
      const { ip, interfaceName = "", active = false } = nexthop;
      if (!isInterfaceName(interfaceName) || (ip !== undefined && familyOf(ip) !== "ipv4")) return [];
      return [{ interface: interfaceName, active, ...(ip === undefined ? {} : { gateway: ip }) }];
    }),
  }));
}
