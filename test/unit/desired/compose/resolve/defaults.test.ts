import { expect, test } from 'vitest'
import { setDefaults } from '../../../../../controller/desired/compose/resolve/defaults.ts'
import { valueAt } from '../../../../../controller/desired/yaml/node.ts'
import { aModel, plainAt } from '../model-support.ts'

/** The service `a` with its defaults, in the project directory `/srv/shop`. */
function service(lines: string): unknown {
  const model = setDefaults(aModel(`services:\n  a: {${lines}}`), { directory: '/srv/shop' })
  return plainAt(model, 'services', 'a')
}

test.each<[string, string, unknown]>([
  [
    'a dependency',
    'depends_on: {b: {restart: true}, c: {condition: service_healthy, required: false}}',
    {
      depends_on: {
        b: { restart: true, condition: 'service_started', required: true },
        c: { condition: 'service_healthy', required: false },
      },
    },
  ],
  [
    'a build without a context',
    'build: {target: dev}',
    {
      build: { target: 'dev', context: '/srv/shop' },
    },
  ],
  ['a build with one', 'build: {context: /src}', { build: { context: '/src' } }],
  ['a port', 'ports: [{target: 80}]', { ports: [{ target: 80, mode: 'ingress', protocol: 'tcp' }] }],
  [
    'a port that says all',
    'ports: [{target: 53, mode: host, protocol: udp}]',
    {
      ports: [{ target: 53, mode: 'host', protocol: 'udp' }],
    },
  ],
  [
    'a secret',
    'secrets: [{source: key}, {source: key, target: /etc/key}]',
    {
      secrets: [
        { source: 'key', target: '/run/secrets/key' },
        { source: 'key', target: '/etc/key' },
      ],
    },
  ],
  ['a config, which has none', 'configs: [{source: conf}]', { configs: [{ source: 'conf' }] }],
  ['GPUs', 'gpus: [{driver: nvidia}, {count: 2}]', { gpus: [{ driver: 'nvidia', count: -1 }, { count: 2 }] }],
  [
    'reserved devices',
    'deploy: {resources: {reservations: {devices: [{capabilities: [gpu]}, {capabilities: [tpu], device_ids: ["0"]}]}}}',
    {
      deploy: {
        resources: {
          reservations: {
            devices: [
              { capabilities: ['gpu'], count: -1 },
              { capabilities: ['tpu'], device_ids: ['0'] },
            ],
          },
        },
      },
    },
  ],
  ['nothing of the kind', 'image: a, ports: [], build:', { image: 'a', ports: [], build: null }],
])('defaults of %s', (_name, lines, expected) => {
  expect(service(lines)).toEqual(expected)
})

test('a default stands where the value is that it completes', () => {
  const model = setDefaults(aModel('services:\n  a:\n    ports:\n      - target: 80\n'), { directory: '' })
  const ports = valueAt(model, 'services', 'a', 'ports')
  const protocol = ports?.kind === 'list' ? valueAt(ports.items[0], 'protocol') : undefined
  expect(protocol?.at).toEqual({ file: 'f', line: 4, column: 9 })
})

test('a model without services stays as it is', () => {
  const model = aModel('volumes: {data: {}}')
  expect(setDefaults(model, { directory: '' })).toBe(model)
})
