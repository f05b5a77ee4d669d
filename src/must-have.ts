import type { Config } from "./config/schema.ts";
import { notConfigured } from "./config/suggest.ts";
import { OperatorError } from "./context.ts";

/** The configuration. @throws OperatorError when there is none */
export function mustBeConfigured(config: Config | undefined): Config {
  if (config === undefined) throw new OperatorError("policy-route is not configured: set an uplink and commit first");
  return config;
}

/** The configuration, in which there is something of that name. @throws OperatorError when there is not, or no configuration at all */
export function mustHave(what: "uplink" | "group" | "rule", name: string, config: Config | undefined): Config {
  const there = mustBeConfigured(config);
  if (!Object.hasOwn(there[what], name)) throw new OperatorError(notConfigured(what, name, Object.keys(there[what])));
  return there;
}
