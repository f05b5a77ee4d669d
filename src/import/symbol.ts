/** A value that is only known when a script runs, as it stands inside of words. */
export type Symbol =
  /** What the script asks of an interface. */
  | { readonly kind: "address" | "network" | "peer"; readonly device: string }
  /** Anything else: the variable, the program or the placeholder it comes from. */
  | { readonly kind: "unknown"; readonly name: string };

/** Characters of a private use area (Unicode) keep a symbol apart from text. */
const [OPEN, CLOSE] = ["\uE000", "\uE001"];

export function symbolText(symbol: Symbol): string {
  return `${OPEN}${symbol.kind} ${symbol.kind === "unknown" ? symbol.name : symbol.device}${CLOSE}`;
}

/** The symbol that a word is, but for a prefix length after it: `$ip/32`. */
export function symbolOf(word: string): Symbol | undefined {
  const match = /^\uE000(\w+) ([^\uE001]*)\uE001(?:\/\d+)?$/.exec(word);
  if (match !== null) {
    const [, kind = "", name = ""] = match;
    return kind === "unknown" ? { kind, name } : { kind: kind as "address", device: name };
  }
  // What documents write for an address of the reader's: <gateway>, I.P.OF.PPP1.
  return /^(?:[A-Z][A-Z0-9]*(?:\.[A-Z0-9]+)+|<[^<>]+>|\[[^[\]]+\])(?:\/\d+)?$/.test(word)
    ? { kind: "unknown", name: word }
    : undefined;
}

export function hasSymbol(word: string): boolean {
  return word.includes(OPEN) || symbolOf(word) !== undefined;
}

/** A word as a person reads it: `$gwip` for what stands for it. */
export function readable(word: string): string {
  return word.replace(/\uE000(\w+) ([^\uE001]*)\uE001/g, (_, kind: string, name: string) =>
    kind === "unknown" ? name : `the ${kind} of ${name}`,
  );
}

/**
 * What the output of a command stands for, by the words scripts use: an address of an interface out of `ip addr` or `ifconfig`,
 * its network when the length is left on, its peer.
 */
export function symbolOfCommand(command: string, name: string): Symbol {
  const ip =
    /\bip\s+(?:-\S+\s+)*a(?:d(?:d(?:r(?:ess)?)?)?)?\b(?:\s+(?:list|show|ls|sh|s|l))?(?:\s+(?:dev|to|up|scope|global|primary))*\s+([A-Za-z][\w.-]*)/.exec(
      command,
    );
  const old = /\bifconfig\s+([A-Za-z][\w.-]*)/.exec(command);
  const device = ip?.[1] ?? old?.[1];
  if (device === undefined) return { kind: "unknown", name };
  if (/P-t-P|\bpeer\b/.test(command)) return { kind: "peer", device };
  const cut = /cut\s+-d\s*["']?\/|-F\s*["']?\[?[^"']*\/|s[,|#:]\/|\{?%\/|grep -o/.test(command);
  return { kind: old !== null || cut ? "address" : "network", device };
}
