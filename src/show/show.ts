import type { Config } from "../config/schema.ts";
import type { Shown, ShownBackend } from "./model.ts";
import { showGroups } from "./show-groups.ts";
import { showMarks } from "./show-marks.ts";
import { showRules } from "./show-rules.ts";
import { showTables } from "./show-tables.ts";
import { showUplinks } from "./show-uplinks.ts";
import type { Sight } from "./sight.ts";

/** Everything `show` has to say. Views leave parts of it out. */
export function show(sight: Sight): Shown {
  const { config, kernel, saved } = sight;
  return {
    version: 1,
    state: config === undefined ? "not-configured" : config.disable ? "disabled" : "active",
    source: saved === undefined ? { from: "kernel" } : { from: "saved-state", at: saved.at, reason: saved.reason },
    ...(kernel === undefined ? {} : { stepsToDo: kernel.plan.length }),
    backend: showBackend(sight),
    ...(config?.description === undefined ? {} : { description: config.description }),
    ...(config === undefined ? {} : parts(config, sight)),
    ...(sight.monitor === undefined ? {} : { monitor: sight.monitor }),
    warnings: [...new Set(sight.warnings)],
  };
}

function showBackend({ backend, kernel }: Sight): ShownBackend {
  if (backend?.name === "nftables") return backend;
  return { name: "iptables", ...backend, ...(kernel?.frontEnd === undefined ? {} : { frontEnd: kernel.frontEnd }) };
}

function parts(config: Config, sight: Sight): Pick<Shown, "uplinks" | "groups" | "rules" | "tables" | "marks"> {
  return {
    uplinks: showUplinks(config, sight),
    groups: showGroups(config, sight),
    rules: showRules(config, sight),
    tables: showTables(config, sight),
    marks: showMarks(config, sight),
  };
}
