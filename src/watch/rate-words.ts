const UNITS = ["B", "kB", "MB", "GB", "TB"] as const;

/** 12345678 -> `12.3 MB`; powers of ten, as line speeds are counted. */
export function byteWords(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 || value >= 99.95 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`;
}

/** 0.3 -> `0.3`, 12.7 -> `13`, 10211 -> `10,211` */
export function rateWords(rate: number): string {
  if (rate > 0 && rate < 9.95) return rate.toFixed(1);
  return String(Math.round(rate)).replace(/\B(?=(\d{3})+$)/g, ",");
}
