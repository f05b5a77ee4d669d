/**
 * Why a look is due. `tables`: rules of iptables or nftables; `prefix`: a router advertisement; `lease`, `commit`: another process
 * of ours is at work; `health`: the probes changed their verdict; `hold`: a member of a group is held back, or not any more; `router-config`: somebody else's part of the router's
 * configuration is another; `overflow`: events were lost; `timer`: the look every 30 s; `signal`: SIGHUP.
 */
export type Wake =
  | "start"
  | "link"
  | "address"
  | "rule"
  | "prefix"
  | "sysctl"
  | "tables"
  | "file"
  | "lease"
  | "commit"
  | "health"
  | "hold"
  | "router-config"
  | "overflow"
  | "timer"
  | "signal";
