/**
 * Text as it may stand in a picture and on a terminal: characters that steer (control characters, marks that turn the direction of
 * writing, halves of a pair, what XML 1.0 does not know) are replaced, line ends become blanks.
 */
export function plain(text: string): string {
  return text
    .replace(/\s/g, " ")
    .replace(/[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffe\uffff]/gu, "\ufffd")
    .replace(/\p{Cs}/gu, "\ufffd");
}
