import { describe, expect, test } from 'vitest'
import { normalise } from '../../../../../controller/desired/compose/resolve/normalise.ts'
import { aModel, plainAt } from '../model-support.ts'

function normalised(yaml: string) {
  const model = normalise(aModel(yaml), 'shop')
  return (...keys: string[]) => plainAt(model, ...keys)
}

function service(lines: string, key: string): unknown {
  return normalised(`services:\n  a: {image: a, ${lines}}`)('services', 'a', key)
}

test('the model has the name of the project', () => {
  expect(normalised('name: other\nservices: {}')('name')).toBe('shop')
})

describe('names', () => {
  test.each([
    ['networks: {back: {driver: bridge}}', ['networks', 'back'], { driver: 'bridge', name: 'shop_back' }],
    ['networks: {back: {name: lan}}', ['networks', 'back'], { name: 'lan' }],
    ['networks: {back: {external: true}}', ['networks', 'back'], { external: true, name: 'back' }],
    ['networks: {back: {external: true, name: lan}}', ['networks', 'back'], { external: true, name: 'lan' }],
    ['networks: {back: {external: false}}', ['networks', 'back'], { external: false, name: 'shop_back' }],
    ['volumes: {data: }', ['volumes', 'data'], { name: 'shop_data' }],
    ['secrets: {key: {file: /k}}', ['secrets', 'key'], { file: '/k', name: 'shop_key' }],
    ['configs: {conf: {content: c}}', ['configs', 'conf'], { content: 'c', name: 'shop_conf' }],
    ['x-volumes: {data: }', ['x-volumes'], { data: null }],
  ])('of %s', (yaml, keys, expected) => {
    expect(normalised(yaml)(...keys)).toEqual(expected)
  })
})

describe('the default network', () => {
  test.each([
    ['a service without networks', 'image: a', { default: null }, { default: { name: 'shop_default' } }],
    [
      'an empty mapping of networks',
      'networks: {}',
      { default: null },
      { default: { name: 'shop_default' } },
    ],
    [
      'a service that names it',
      'networks: {default: {aliases: [x]}}',
      { default: { aliases: ['x'] } },
      { default: { name: 'shop_default' } },
    ],
    ['a service with another one', 'networks: {back: }', { back: null }, undefined],
    ['the network of the host', 'network_mode: host', undefined, undefined],
    ['a provider', 'provider: {type: cloud}', undefined, undefined],
  ])('with %s', (_name, lines, networks, declared) => {
    const at = normalised(`services:\n  a: {${lines}}`)
    expect(at('services', 'a', 'networks')).toEqual(networks)
    expect(at('networks')).toEqual(declared)
  })

  test('keeps the settings that the file gives it', () => {
    const at = normalised('services: {a: {image: a}}\nnetworks: {default: {driver: overlay}, back: }')
    expect(at('networks')).toEqual({
      default: { driver: 'overlay', name: 'shop_default' },
      back: { name: 'shop_back' },
    })
  })
})

const STARTED = { condition: 'service_started', restart: true, required: true }

describe('implied dependencies', () => {
  test.each<[string, Record<string, unknown> | undefined]>([
    ['links: ["db", "cache:redis"]', { db: STARTED, cache: STARTED }],
    ['network_mode: service:vpn', { vpn: STARTED }],
    ['ipc: service:vpn, pid: service:top', { vpn: STARTED, top: STARTED }],
    ['uts: service:vpn, cgroup: service:top', { vpn: STARTED, top: STARTED }],
    ['network_mode: container:vpn, ipc: host', undefined],
    ['volumes_from: ["store:ro", "container:old"]', { store: { ...STARTED, restart: false } }],
    ['volumes_from: [db], links: [db]', { db: STARTED }],
    [
      'links: [db], depends_on: {db: {condition: service_healthy}, web: {condition: service_started}}',
      { db: { condition: 'service_healthy' }, web: { condition: 'service_started' } },
    ],
    ['image: b', undefined],
  ])('of %s', (lines, expected) => {
    expect(normalised(`services:\n  a: {${lines}}`)('services', 'a', 'depends_on')).toEqual(expected)
  })
})

describe('a service', () => {
  test.each([
    ['pull_policy: if_not_present', 'pull_policy', 'missing'],
    ['pull_policy: always', 'pull_policy', 'always'],
    ['volumes: [{type: bind, target: /a//b/../c/}]', 'volumes', [{ type: 'bind', target: '/a/c' }]],
    ['scale: 3, deploy: {mode: replicated}', 'deploy', { mode: 'replicated', replicas: 3 }],
    ['scale: 3', 'deploy', undefined],
    ['build: {context: /c}', 'build', { context: '/c', dockerfile: 'Dockerfile' }],
    ['build: {dockerfile: D}', 'build', { dockerfile: 'D' }],
    ['build: {dockerfile_inline: FROM i}', 'build', { dockerfile_inline: 'FROM i' }],
    [
      'pre_start: [{command: [x]}, {image: b}]',
      'pre_start',
      [{ command: ['x'], image: 'a' }, { image: 'b' }],
    ],
  ])('with %s', (lines, key, expected) => {
    expect(service(lines, key)).toEqual(expected)
  })

  test('that is nothing yet stays so', () => {
    expect(normalised('services: {a: }')('services')).toEqual({ a: null })
  })
})
