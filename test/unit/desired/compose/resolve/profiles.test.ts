import { describe, expect, test } from 'vitest'
import { enableProfiles } from '../../../../../controller/desired/compose/resolve/profiles.ts'
import { valueAt } from '../../../../../controller/desired/yaml/node.ts'
import { aModelAt, plainAt, toldAt } from '../model-support.ts'

const SERVICES = `
services:
  web: {image: web}
  shell: {image: shell, profiles: [debug, ops]}
  load: {image: load, profiles: [bench]}
  bare: {image: bare, profiles: []}
volumes:
  data: {}
networks:
  back: {}
`

function enabled(yaml: string, active: string[]): string[] {
  const services = valueAt(enableProfiles(aModelAt(yaml), active), 'services')
  return services?.kind === 'map' ? [...services.entries.keys()] : []
}

function told(services: string, active: string[] = []): string[] {
  const at = aModelAt(`services:\n  b: {image: b, profiles: [debug, ops]}\n  a:\n    image: a\n${services}`)
  enableProfiles(at, active)
  return toldAt(at)
}

describe('the services of a project', () => {
  test.each<[string, string[], string[]]>([
    ['no profile', [], ['web', 'bare']],
    ['one of several profiles', ['ops'], ['web', 'shell', 'bare']],
    ['two profiles', ['bench', 'debug'], ['web', 'shell', 'load', 'bare']],
    ['a profile that no service has', ['none'], ['web', 'bare']],
    ['every profile', ['*'], ['web', 'shell', 'load', 'bare']],
  ])('with %s', (_name, active, services) => {
    expect(enabled(SERVICES, active)).toEqual(services)
  })

  test('that are left out leave networks and volumes', () => {
    const model = enableProfiles(aModelAt(SERVICES), [])
    expect(plainAt(model, 'volumes')).toEqual({ data: {} })
    expect(plainAt(model, 'networks')).toEqual({ back: {} })
  })

  test('of a model without any are none', () => {
    expect(enabled('volumes: {data: {}}', [])).toEqual([])
  })
})

const DISABLED = 'service a depends on b, which no active profile enables; activate debug or ops'

describe('a service that is left out', () => {
  test.each([
    [
      'depends_on',
      '    depends_on: {b: {condition: service_started}}',
      `f:5:18 services.a.depends_on.b: ${DISABLED}, or set required: false`,
    ],
    ['links', '    links: ["b:db"]', `f:5:13 services.a.links[0]: ${DISABLED}`],
    ['network_mode', '    network_mode: service:b', `f:5:19 services.a.network_mode: ${DISABLED}`],
    ['volumes_from', '    volumes_from: ["b:ro"]', `f:5:20 services.a.volumes_from[0]: ${DISABLED}`],
  ])('is missed by %s', (_key, lines, problem) => {
    expect(told(lines)).toEqual([problem])
    expect(told(lines, ['ops'])).toEqual([])
  })

  test('may be missed by what is left out itself', () => {
    const lines = '    profiles: [other]\n    depends_on: {b: {condition: service_started}}'
    expect(told(lines)).toEqual([])
  })

  test('goes with the dependency that can be without it', () => {
    const at = aModelAt(`
services:
  a:
    image: a
    depends_on:
      b: {condition: service_started, required: false}
      c: {condition: service_healthy, required: true}
      typo: {condition: service_started, required: false}
  b: {image: b, profiles: [debug]}
  c: {image: c}`)
    const model = enableProfiles(at, [])
    expect(toldAt(at)).toEqual([])
    expect(plainAt(model, 'services', 'a', 'depends_on')).toEqual({
      c: { condition: 'service_healthy', required: true },
      typo: { condition: 'service_started', required: false },
    })
  })
})
