/** Seconds since the epoch. */
export const NOW = 1_795_170_000;

/** What ISC dhclient gives its hooks on eth1 when it has a lease. */
export const BOUND = {
  reason: "BOUND",
  interface: "eth1",
  new_ip_address: "198.51.100.7",
  new_routers: "198.51.100.1",
  new_dhcp_lease_time: "600",
};
