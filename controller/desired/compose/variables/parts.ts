/** The parts of a list in a variable, as `COMPOSE_PROFILES` and `COMPOSE_FILE` are. */
export function partsOf(text = '', separator = ','): string[] {
  const parts = text.split(separator)
  return parts.map((part) => part.trim()).filter((part) => part !== '')
}
