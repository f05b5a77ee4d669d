import { createHash } from "node:crypto";

/** `SHA256:...` of a public key, as ssh-keygen -l prints it. `key` is the key's wire form. */
export function fingerprintOf(key: Buffer): string {
  return `SHA256:${createHash("sha256").update(key).digest("base64").replace(/=+$/, "")}`;
}

/**
 * Fingerprints a pin allows. `pin` is a fingerprint or the text of a file of public keys: lines `ssh-ed25519 AAAA... comment`,
 * with or without the host in front (known_hosts). Empty when it is neither.
 */
export function pinnedFingerprints(pin: string): readonly string[] {
  const text = pin.trim();
  if (/^SHA256:[A-Za-z0-9+/]{43}=?$/.test(text)) return [text.replace(/=$/, "")];
  return text.split("\n").flatMap((line) => {
    const key = /(?:^|\s)((?:ssh|ecdsa)-[a-z0-9-]+)\s+([A-Za-z0-9+/]+={0,2})(?:\s|$)/.exec(line);
    return key?.[2] === undefined || line.startsWith("#") ? [] : [fingerprintOf(Buffer.from(key[2], "base64"))];
  });
}
