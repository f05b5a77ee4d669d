import { readApplied } from "../applied.ts";
import { EMPTY_TREE } from "../config/config-tree.ts";
import { BUILT_IN_LOOKUPS } from "../config/lookups.ts";
import { parseConfig } from "../config/parse-config.ts";
import { type Context, EXIT } from "../context.ts";
import { HOST_KEY_FILE, KEY_FILE } from "../host/gather-gateways.ts";
import { CommandError, HostError } from "../host/host.ts";
import { pinnedFingerprints } from "../host/host-key.ts";

const USAGE = "usage: policy-route generate ssh-key";

/**
 * `policy-route generate ssh-key`: a key for reading the router's state over its own CLI, the router's host key pinned beside
 * it, and the lines to paste. Keys that exist are kept. A host key that is not the pinned one is never replaced: exit 2.
 */
export async function run(context: Context, what: string | undefined): Promise<number> {
  if (what !== "ssh-key") {
    context.err(`${USAGE}\n`);
    return EXIT.operator;
  }
  const { root } = context.paths;
  const access = await routerAccess(context);
  const keyFile = access["private-key"] ?? KEY_FILE;
  const isNew = await makeKey(context, `${root}${keyFile}`);
  const publicKey = await publicKeyOf(context, `${root}${keyFile}`);
  const hostKeyFile = access["host-key"]?.startsWith("/") === true ? access["host-key"] : HOST_KEY_FILE;
  const fingerprints = await pinHostKey(context, `${root}${hostKeyFile}`, access.address, access.port);
  const [type = "", blob = ""] = publicKey.split(" ");
  context.out(`Key:      ${keyFile}${isNew ? " (new)" : " (kept)"}
Host key: ${hostKeyFile}, of ${access.address} port ${access.port}
${fingerprints.map((fingerprint) => `          ${fingerprint}\n`).join("")}
Compare the fingerprints with "ssh-keygen -lf" on the router's console, then paste in configuration mode:

set system login user ${access.user} authentication public-keys policy-route type '${type}'
set system login user ${access.user} authentication public-keys policy-route key '${blob}'
set policy-route router-access private-key '${keyFile}'
set policy-route router-access host-key '${hostKeyFile}'
`);
  return EXIT.fine;
}

/** `router-access` as it was last applied; nothing applied: all defaults. */
async function routerAccess(context: Context) {
  const { config } = await readApplied(context);
  return (config ?? parseConfig(EMPTY_TREE, BUILT_IN_LOOKUPS))["router-access"];
}

async function makeKey(context: Context, file: string): Promise<boolean> {
  const { host } = context;
  if ((await host.read(file)) !== undefined) return false;
  await must(context, ["install", "-d", "-m", "0700", file.slice(0, file.lastIndexOf("/"))]);
  await must(context, ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "policy-route", "-f", file]);
  return true;
}

/** Derived from the private key: the file `.pub` beside it may be gone or another's. */
async function publicKeyOf(context: Context, file: string): Promise<string> {
  await must(context, ["chmod", "0600", file]);
  return (await must(context, ["ssh-keygen", "-y", "-f", file])).trim();
}

async function pinHostKey(context: Context, file: string, address: string, port: number): Promise<readonly string[]> {
  const { host } = context;
  const scanned = await must(context, ["ssh-keyscan", "-T", "5", "-p", String(port), "-t", "ed25519,ecdsa,rsa", address]);
  const keys = scanned.split("\n").flatMap((line) => {
    const match = /^\S+ ((?:ssh|ecdsa)-\S+ [A-Za-z0-9+/=]+)$/.exec(line);
    return match?.[1] === undefined ? [] : [match[1]];
  });
  if (keys.length === 0) throw new HostError(`no ssh server answers at ${address} port ${port}: is "service ssh" configured?`);
  const offered = pinnedFingerprints(keys.join("\n"));
  const pinned = pinnedFingerprints((await host.read(file)) ?? "");
  if (pinned.length === 0) {
    await host.write(file, `${keys.join("\n")}\n`, 0o644);
    return offered;
  }
  if (offered.some((fingerprint) => pinned.includes(fingerprint))) return pinned;
  throw new HostError(
    `the host key of ${address} port ${port} has changed: pinned ${pinned.join(", ")}, offered ${offered.join(", ")}. ` +
      `If that is right, delete ${file} and try again`,
  );
}

async function must(context: Context, argv: readonly string[]): Promise<string> {
  const output = await context.host.run(argv);
  if (output.exitCode !== 0) throw new CommandError(argv, output, undefined);
  return output.stdout;
}
