/** A revision as people quote it: seven digits of a commit id; nothing for none. */
export function shortRevision(revision: string | null): string {
  return revision === null ? '' : revision.replace(/[0-9a-f]{12,}/g, (hash) => hash.slice(0, 7))
}
