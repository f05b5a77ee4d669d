/**
 * Whether `text` can be the name of a network interface here. Stricter than the kernel (dev_valid_name: 1-15 bytes without
 * `/`, `:` and white space): names come from hook environments and lease files and go into file names, argv and `ip -batch`.
 */
export function isInterfaceName(text: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}$/.test(text);
}
