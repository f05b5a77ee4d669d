/** `2026-11-20T13:00:00`, in UTC, of seconds since the epoch. */
export function utcText(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 19);
}
