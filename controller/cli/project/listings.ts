import type { Json } from '../../desired/compose/print/print.ts'

/** What can be listed of a project in place of its whole model. */
export const LISTINGS = ['services', 'networks', 'volumes', 'images', 'profiles'] as const
export type Listing = (typeof LISTINGS)[number]

/** The lines of a listing, sorted and without repetition. */
export function list(model: Json, listing: Listing): string[] {
  const services = mapAt(model, 'services')
  const lines = {
    services: () => Object.keys(services),
    networks: () => Object.keys(mapAt(model, 'networks')),
    volumes: () => Object.keys(mapAt(model, 'volumes')),
    images: () => Object.entries(services).map(([name, service]) => imageOf(model, name, service)),
    profiles: () => Object.values(services).flatMap((service) => textsAt(service, 'profiles')),
  }
  return [...new Set(lines[listing]())].sort()
}

/** What is built and has no name of its own is named after project and service. */
function imageOf(model: Json, name: string, service: Json): string {
  return textAt(service, 'image') ?? `${textAt(model, 'name')}-${name}`
}

function textAt(value: Json, key: string): string | undefined {
  const found = isMap(value) ? value[key] : undefined
  return typeof found === 'string' ? found : undefined
}

function textsAt(value: Json, key: string): string[] {
  const found = isMap(value) ? value[key] : undefined
  return Array.isArray(found) ? found.filter((item) => typeof item === 'string') : []
}

function mapAt(value: Json, key: string): { [key: string]: Json } {
  const found = isMap(value) ? value[key] : undefined
  return found !== undefined && isMap(found) ? found : {}
}

function isMap(value: Json): value is { [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
