/** Where a rule that is drawn by chance can lead besides uplinks and groups. */
export const OTHER_TARGETS: readonly string[] = [
  "set table main",
  "set table 100",
  "action exempt",
  "action drop",
  "action prohibit",
];
