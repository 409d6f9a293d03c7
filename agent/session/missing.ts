/** What a shell says of a command that is not there, and of one that may not be run (POSIX, §2.8.2). */
const NOT_FOUND = 127
const NOT_EXECUTABLE = 126

/** The exit code for a command that a runtime could not start, by the runtime's own words. */
export function missingCode(said: string): number {
  return /not found|no such file/i.test(said) ? NOT_FOUND : NOT_EXECUTABLE
}
