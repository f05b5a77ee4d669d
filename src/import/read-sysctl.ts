import { type Findings, leave, type Place } from "./findings.ts";
import { hasSymbol, readable } from "./symbol.ts";

const KEY = /^(?:\/proc\/sys\/)?net[./]ipv[46][./]conf[./](.+)[./](rp_filter|log_martians|src_valid_mark|arp_filter|arp_ignore)$/;

/** A sysctl that is set: `net.ipv4.conf.eth1.rp_filter`, or its path below /proc/sys. Others are passed over. */
export function readSysctl(findings: Findings, at: Place, key: string, value: string): void {
  const [, device = "", name = ""] = KEY.exec(key.trim()) ?? [];
  if (name === "") return;
  if (hasSymbol(device)) {
    leave(findings, at, `for each ${readable(device)}: say source-validation and log-martians on the uplinks meant`);
    return;
  }
  findings.sysctls.push({ at, device, name, value: value.trim() });
}
