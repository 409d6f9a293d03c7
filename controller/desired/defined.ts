/** The fields that have a value: where a key is optional, it is absent instead of undefined. */
export function defined<T extends object>(fields: T): Defined<T> {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined)
  return Object.fromEntries(given) as Defined<T>
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> }
