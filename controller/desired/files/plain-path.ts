/** A path without what leads nowhere: `.`, empty parts, and a slash at either end. */
export function plainPath(path: string): string {
  return path
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/')
}
