import type { Check } from "./check.ts";
import { suggest } from "./suggest.ts";

/** Groups: their names, their members. */
export function checkGroups(check: Check): void {
  const { uplink, group } = check.config;
  for (const [name, { uplink: members, disable }] of Object.entries(group)) {
    const path = ["group", name];
    if (Object.hasOwn(uplink, name)) check.error(path, `"${name}" is also the name of an uplink`);
    const names = Object.keys(members);
    if (names.length === 0 && !disable && !check.isBroken(path)) check.warn(path, "has no members");
    for (const member of names) {
      if (!Object.hasOwn(uplink, member))
        check.error(path, `uplink "${member}" is not configured${suggest(member, Object.keys(uplink))}`);
    }
  }
}
