import { InvalidValue, quote } from "./value.ts";

/** Free text of one line. */
export function text(value: string): string {
  if (/\p{Cc}/u.test(value)) throw new InvalidValue(`${quote(value)} must be one line of text`);
  return value;
}

/** A word that is handed to another program as one argument: no white space, no leading "-" that it would take for an option. */
export function word(value: string): string {
  if (!/^[^\s\p{Cc}-][^\s\p{Cc}]*$/u.test(value))
    throw new InvalidValue(`${quote(value)} must be one word that does not begin with "-"`);
  return value;
}
