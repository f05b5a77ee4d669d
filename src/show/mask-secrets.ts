const MASKED = "<masked>";

/** Names whose value nobody else is to read; a path is no secret. */
const NAMED =
  /\b((?:[a-z]+-)*(?:key|secret|password|passwd|passphrase|psk|token|community))\b(["']?(?: *[=:] *| +)["']?)(?![/<"'[{ ])([^\s"',;]+)/gi;

/**
 * A text without the secrets that may be in it, for handing on: private keys, values that are named so (`password hunter2`,
 * `"token": "x"`, `key=x`), names and passwords in addresses, and keys of WireGuard's form wherever they stand.
 */
export function maskSecrets(text: string): string {
  return text
    .replace(/-----BEGIN ([A-Z ]*PRIVATE KEY)-----[\s\S]*?-----END \1-----/g, MASKED)
    .replace(/(:\/\/)[^\s/@:]+:[^\s/@]+@/g, `$1${MASKED}@`)
    .replace(/(?<![A-Za-z0-9+/=])[A-Za-z0-9+/]{43}=(?![A-Za-z0-9+/=])/g, MASKED)
    .replace(NAMED, (_, name: string, between: string) => `${name}${between}${MASKED}`);
}
