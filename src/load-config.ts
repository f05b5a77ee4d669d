import type { Applied } from "./applied.ts";
import { checkParsed } from "./config/check-tree.ts";
import { programsOf } from "./config/check-uplink-health.ts";
import { checkWords } from "./config/check-words.ts";
import type { ConfigTree } from "./config/config-tree.ts";
import { configuredInterfaces } from "./config/configured-interfaces.ts";
import { ConfigError, type Issue } from "./config/issue.ts";
import { usesOutsideNames } from "./config/outside-names.ts";
import { type ParsedConfig, parseConfigTree } from "./config/parse-config.ts";
import { renderSetCommands } from "./config/render-tree.ts";
import { kindOf } from "./config/schema-paths.ts";
import type { Context } from "./context.ts";
import type { FoundConfig } from "./host/config-source.ts";
import { readLinks, readTableNames } from "./host/gather-facts.ts";
import { lookForPrograms } from "./host/look-for-programs.ts";
import { readLookups } from "./host/read-lookups.ts";
import { tuneEngine } from "./host/tune-engine.ts";
import type { NamesLookedUp } from "./look-up-names.ts";
import { pathsOfUsers } from "./uplink/configured-users.ts";
import type { Link } from "./uplink/facts.ts";

/** A configuration that passed every check, with its text in `set` form; both empty when `policy-route` is not configured. */
export interface LoadedConfig extends Applied {
  readonly warnings: readonly Issue[];
}

/** Reads and checks what a source found, against this router, whose links may be known already. @throws ConfigError with all mistakes at once */
export async function loadConfig(
  context: Context,
  found: FoundConfig,
  known: Promise<readonly Link[]> = readLinks(context.host),
): Promise<LoadedConfig> {
  if (found.tree === undefined) return { config: undefined, text: "", warnings: [] };
  const { host, paths } = context;
  await tuneEngine(found.tree.children.get("rule")?.children.size ?? 0);
  const { tree } = found;
  // The links come from a program: the configuration is read while it runs.
  const reading = readTree(context, found.router, tree);
  const [links, { parsed, names }, tableNames, allRpFilter, programs] = await Promise.all([
    known,
    reading,
    readTableNames(host, paths),
    host.read("/proc/sys/net/ipv4/conf/all/rp_filter"),
    reading.then(({ parsed: { config } }) => lookForPrograms(host, paths.root, programsOf(config))),
  ]);
  const configured = configuredInterfaces(found.router);
  const checked = checkParsed(parsed, {
    links,
    tableNames,
    ...names?.known,
    ...programs,
    ...(configured === undefined ? {} : { configured }),
    ...(allRpFilter === undefined ? {} : { allRpFilter: Number(allRpFilter) }),
  });
  if (checked.errors.length > 0) throw new ConfigError(checked.errors);
  const neighbours = pathsOfUsers(found.router);
  let text: string | undefined;
  return {
    config: checked.config,
    neighbours,
    // Made when it is asked for: by then programs are running.
    get text() {
      text ??= [
        renderSetCommands(tree, kindOf, ["policy-route"]),
        names?.text,
        ...neighbours.map((path) => `set ${path}\n`),
      ].join("");
      return text;
    },
    get warnings() {
      return checked.warnings;
    },
  };
}

/** The configuration with what the names in it stand for that are not its own. */
async function readTree(
  context: Context,
  router: ConfigTree,
  tree: ConfigTree,
): Promise<{ readonly parsed: ParsedConfig; readonly names?: NamesLookedUp }> {
  const lookups = await readLookups(context.host, context.paths);
  const found = parseConfigTree(tree, lookups);
  const parsed = { ...found, issues: [...found.issues, ...checkWords(tree)] };
  if (!usesOutsideNames(parsed.config)) return { parsed };
  const { lookUpNames } = await import("./look-up-names.ts");
  const names = await lookUpNames(context, parsed.config, router, lookups);
  return { parsed: { config: names.config, issues: [...parsed.issues, ...names.issues] }, names };
}
