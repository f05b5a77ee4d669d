import { treeBelow } from "../config/build-tree.ts";
import { type ConfigTree, EMPTY_TREE } from "../config/config-tree.ts";
import { parseCurly } from "../config/parse-curly.ts";
import { isSetForm, parseSetCommands } from "../config/parse-set-commands.ts";
import { ConfigSyntaxError } from "../config/syntax-error.ts";
import { CommandError, type Host, HostError, type Output } from "./host.ts";

/** A configuration as it was found. */
export interface FoundConfig {
  /** Below `policy-route`; absent when it is not configured. */
  readonly tree?: ConfigTree;
  /** What is known of the whole router's configuration: all of a file's, of an engine's the sections in ENGINE_LINES. */
  readonly router: ConfigTree;
}

/** The environment of the process that asks. */
export type Env = Readonly<Record<string, string | undefined>>;

const SHELL_API = "cli-shell-api";

/** Where the router keeps cli-shell-api when the caller's PATH does not say so. */
const ENGINE_PATH = "/opt/vyatta/bin:/opt/vyatta/sbin:/usr/sbin:/usr/bin:/sbin:/bin";

/** What the engine says, on stdout, when there is nothing to show (exit 3, or 1 before VyOS 1.3). */
const NOTHING = /^(Configuration under specified path is empty|_get_cmds_diff error \(both config NULL\))/;

/**
 * The configuration that is about to become the running one; for use inside a commit. The embedded session names a folder in
 * VYATTA_POLICY_ROUTE_SESSION; otherwise the router's engine is asked. Throws HostError, CommandError or ConfigSyntaxError.
 */
export async function readProposedConfig(host: Host, env: Env): Promise<FoundConfig> {
  const session = env["VYATTA_POLICY_ROUTE_SESSION"];
  if (session !== undefined && session !== "") return readSessionFile(host, `${session}/proposed.config`);
  const found = await askEngine(host, env, "working");
  if (found === undefined)
    throw new HostError(
      `${SHELL_API} is not installed: a commit runs inside the router's configuration session. Elsewhere it is 'policy-route configure', or 'policy-route apply --config FILE'`,
    );
  return found;
}

/**
 * The running configuration; while a commit is under way this is still the old one. Asks the router's engine; where there is
 * none, reads `activeConfig`, the embedded session's running configuration (paths.ts).
 */
export async function readRunningConfig(host: Host, env: Env, activeConfig: string): Promise<FoundConfig> {
  const session = env["VYATTA_POLICY_ROUTE_SESSION"];
  if (session !== undefined && session !== "") return readSessionFile(host, `${session}/active.config`);
  const found = await askEngine(host, env, "active");
  if (found !== undefined) return found;
  const text = await host.read(activeConfig);
  return split(parseSetCommands(text ?? "", activeConfig));
}

/**
 * A configuration file, in the curly form of config.boot or as `set` lines. Throws HostError when it is missing, and
 * ConfigSyntaxError when it is cut off: a whole router's configuration has to end with the version line the router writes last.
 */
export async function readConfigFile(host: Host, path: string): Promise<FoundConfig> {
  const text = await host.read(path);
  if (text === undefined) throw new HostError(`cannot read ${path}: there is no such file`);
  const lines = text.split("\n").length;
  if (text.trim() === "") throw new ConfigSyntaxError(path, lines, 1, "an empty file", "a configuration");
  if (isSetForm(text)) return split(parseSetCommands(text, path));
  const { tree, versioned } = parseCurly(text, path);
  if (!versioned && [...tree.children.keys()].some((section) => section !== "policy-route")) {
    const expected = "the version line that the router writes last (is the file cut off?)";
    throw new ConfigSyntaxError(path, lines, 1, "the end of the text", expected);
  }
  return split(tree);
}

function split(router: ConfigTree): FoundConfig {
  const tree = treeBelow(router, ["policy-route"]);
  return tree === undefined ? { router } : { tree, router };
}

async function readSessionFile(host: Host, path: string): Promise<FoundConfig> {
  const text = await host.read(path);
  if (text === undefined) throw new HostError(`cannot read ${path}: the configuration session did not write it`);
  return split(parseSetCommands(text, path));
}

/**
 * What is read of an engine's configuration: ourselves, interfaces, and where other users of marks are configured. The rest of a
 * router's configuration (secrets, prefix lists, thousands of firewall rules) is passed over.
 */
const ENGINE_LINES =
  /^set '(?:policy-route|interfaces|load-balancing|vrf|vpn' 'ipsec|policy' '(?:route6?|ipv6-route|local-route6?)|firewall'(?= .*'(?:set|modify)' '(?:mark|connection-mark)'))(?:'| ).*$/gm;

/** The groups of the firewall, of which there may be thousands of lines: read only where a rule of ours names one. */
const GROUP_LINES = /^set 'firewall' 'group' .*$/gm;
const NAMES_GROUP = /^set 'policy-route' 'rule' '\d+' '(?:source|destination)' 'group' /m;

/**
 * `undefined` when the engine is not installed. One program prints the whole configuration (`--show-ignore-edit` makes it pass over
 * the path): asking for each section would cost the engine some milliseconds each.
 */
async function askEngine(host: Host, env: Env, which: "working" | "active"): Promise<FoundConfig | undefined> {
  const options = { env: engineEnv(env) };
  const show = [SHELL_API, "showConfig", `--show-${which}-only`, "--show-commands", "--show-ignore-edit"];
  const [exists, shown] = await Promise.all([
    host.run([SHELL_API, which === "working" ? "exists" : "existsActive", "policy-route"], options),
    host.run(show, options),
  ]);
  if (exists.exitCode === 127) return undefined;
  if (exists.exitCode > 1) throw new CommandError([SHELL_API, "exists", "policy-route"], exists, undefined);
  const router = NOTHING.test(shown.stdout) ? EMPTY_TREE : routerOf(shown, show);
  if (exists.exitCode === 1) return { router };
  // Configured and without a node of its own, it has no line.
  return { tree: treeBelow(router, ["policy-route"]) ?? EMPTY_TREE, router };
}

/**
 * The session is found through the caller's VYATTA_ variables. The edit level is reset: from `edit policy-route rule 20` the
 * engine would look for every path below that.
 */
function engineEnv(env: Env): Record<string, string> {
  const own: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) if (name.startsWith("VYATTA_") && value !== undefined) own[name] = value;
  const path = env["PATH"] === undefined || env["PATH"] === "" ? ENGINE_PATH : `${env["PATH"]}:${ENGINE_PATH}`;
  return { ...own, PATH: path, VYATTA_EDIT_LEVEL: "/", VYATTA_TEMPLATE_LEVEL: "/" };
}

/** Refusals come on stdout too, and engines before VyOS 1.3 give 0 or 1 for them: only `set` and `comment` lines are an answer. */
function routerOf(output: Output, argv: readonly string[]): ConfigTree {
  if (output.exitCode !== 0 || !/^(set |comment |$)/.test(output.stdout)) {
    const said = { ...output, stderr: `${output.stderr}${output.stdout.slice(0, 200)}` };
    throw new CommandError(argv, said, undefined);
  }
  const patterns = NAMES_GROUP.test(output.stdout) ? [ENGINE_LINES, GROUP_LINES] : [ENGINE_LINES];
  const lines = patterns.flatMap((pattern) => output.stdout.match(pattern) ?? []);
  return parseSetCommands(lines.join("\n"), `${SHELL_API} showConfig`);
}
