import type { Family } from "../net/address.ts";
import type { GatewaySource, LinkAddress } from "./facts.ts";

/** The default route of an uplink in one family, as far as it is known. */
export interface UplinkRoute {
  /** `gateway`: by `gateway`; `device`: point-to-point, straight out of the interface; `none`: `reason` says why, in words. */
  readonly kind: "gateway" | "device" | "none";
  readonly gateway?: string;
  readonly onlink: boolean;
  /** `src` of the default route; absent with `source-address none` or when the interface has no address of the family. */
  readonly sourceAddress?: string;
  readonly learntFrom?: GatewaySource;
  /** All gateways the source named; the first is used, all are shown. */
  readonly gateways: readonly string[];
  /** Why there is no route, or what is odd about it: `no DHCP lease yet`, `lease is for 198.51.100.7, which eth1 no longer has`. */
  readonly reason?: string;
}

/** What is known about one uplink: config and facts brought together. Both compile/ and show/ read it. */
export interface UplinkState {
  readonly name: string;
  readonly interface: string;
  readonly link: "up" | "no-carrier" | "admin-down" | "missing";
  readonly addresses: readonly LinkAddress[];
  readonly routes: Readonly<Record<Family, UplinkRoute>>;
  /** Not to be used though link and gateway would allow it: why, in words (`forced down by the operator`). */
  readonly objection?: string;
}
