/** Where templates expect the program. */
const INSTALLED = "/usr/lib/policy-route/";

/**
 * Shell text of a template with the installed program replaced by the one in `program`, so that the session runs what it came
 * with. Has to be done before values are put in: a value may name the installed folder too.
 */
export function locateProgram(text: string, program: string): string {
  const folder = /^[\w./+@%=:,-]+$/.test(program) ? program : `'${program.replaceAll("'", "'\\''")}'`;
  return text.replaceAll(INSTALLED, () => `${folder}/`);
}
