import type { Config } from "../config/schema.ts";

/** A condition that nftables cannot ask exactly. */
export interface IptablesOnly {
  /** Number of the rule. */
  readonly rule: string;
  /** As it is configured: `time weekdays Mon,Tue`. */
  readonly what: string;
  readonly why: string;
  /** What nftables could ask instead. */
  readonly instead: string;
}

const OTHER_CLOCK = "its days are those of the kernel's own time zone, which is not UTC on every router";

/** The conditions of enabled rules that only iptables can ask. */
export function iptablesOnly(config: Config): IptablesOnly[] {
  return Object.entries(config.rule).flatMap(([rule, { disable, time, source, destination }]): IptablesOnly[] => {
    if (disable) return [];
    const sets = Object.entries({ source: source.ipset, destination: destination.ipset }).flatMap(
      ([side, set]): IptablesOnly[] => {
        if (set === undefined) return [];
        const what = `${side} ipset ${set.negate ? "!" : ""}${set.name}`;
        return [{ rule, what, why: "it cannot ask a set of ipset", instead: "a group of the firewall" }];
      },
    );
    const days = (["weekdays", "monthdays"] as const).flatMap((leaf) => {
      const days = time[leaf];
      return days === undefined
        ? []
        : [{ rule, what: `time ${leaf} ${days.text}`, why: OTHER_CLOCK, instead: "dates and times of day" }];
    });
    return [...sets, ...days];
  });
}
