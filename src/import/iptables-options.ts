/** Spellings of one option (iptables(8), iptables-extensions(8)). */
export const OPTIONS: Readonly<Record<string, string>> = {
  "-p": "--protocol",
  "--proto": "--protocol",
  "-s": "--source",
  "--src": "--source",
  "-d": "--destination",
  "--dst": "--destination",
  "-i": "--in-interface",
  "-o": "--out-interface",
  "-j": "--jump",
  "-g": "--goto",
  "-m": "--match",
  "--destination-port": "--dport",
  "--source-port": "--sport",
  "--destination-ports": "--dports",
  "--source-ports": "--sports",
};

/** `--option=value` as its two parts. */
export function splitOption(word: string): readonly [string, string?] {
  const match = /^(--[\w-]+)=(.*)$/.exec(word);
  return match === null ? [word] : [match[1] ?? "", match[2] ?? ""];
}
