import type { Json } from '../../controller/desired/compose/print/print.ts'

/** A place of the model where two answers differ; a side that has nothing there is undefined. */
export interface Difference {
  path: string
  ours: Json | undefined
  theirs: Json | undefined
}

/** Where two models differ, key by key and item by item. */
export function differences(ours: Json | undefined, theirs: Json | undefined, path = ''): Difference[] {
  if (isMap(ours) && isMap(theirs)) {
    const keys = new Set([...Object.keys(theirs), ...Object.keys(ours)])
    return [...keys].flatMap((key) =>
      differences(ours[key], theirs[key], path === '' ? key : `${path}.${key}`),
    )
  }
  if (Array.isArray(ours) && Array.isArray(theirs) && ours.length === theirs.length) {
    return ours.flatMap((item, index) => differences(item, theirs[index], `${path}[${index}]`))
  }
  return ours === theirs ? [] : [{ path, ours, theirs }]
}

function isMap(value: Json | undefined): value is { [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
