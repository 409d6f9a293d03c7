import { describe, expect, test } from 'vitest'
import { composeFile } from '../../../../controller/desired/compose/model/compose-file.ts'
import { config, secret } from '../../../../controller/desired/compose/model/file-object.ts'
import { imageFile } from '../../../../controller/desired/compose/model/image-file.ts'
import { network } from '../../../../controller/desired/compose/model/network.ts'
import { service } from '../../../../controller/desired/compose/model/service.ts'
import { volume } from '../../../../controller/desired/compose/model/volume.ts'
import type { Shape } from '../../../../controller/desired/compose/shape.ts'
import { canonical } from './canonical-support.ts'

const SHAPES = { file: composeFile, service, network, volume, secret, config, image: imageFile }

type Name = keyof typeof SHAPES

describe('what is accepted, and its canonical form', () => {
  test.each<[Name, string, unknown]>([
    ['file', '{name: shop, version: "3.8", services: {}}', { name: 'shop', version: '3.8', services: {} }],
    ['file', 'include: [a.yaml]', { include: [{ path: ['a.yaml'] }] }],
    [
      'file',
      'include: [{path: [a.yaml, b.yaml], project_directory: d}]',
      { include: [{ path: ['a.yaml', 'b.yaml'], project_directory: 'd' }] },
    ],
    ['file', 'services: {x-web.1_a: {x-mine: [1]}}', { services: { 'x-web.1_a': { 'x-mine': [1] } } }],
    [
      'file',
      'x-setpoint: {drift: report, unset: blank}',
      { 'x-setpoint': { drift: 'report', unset: 'blank' } },
    ],
    [
      'file',
      'models: {m: {model: ai/x, context_size: 4096}}',
      { models: { m: { model: 'ai/x', context_size: 4096 } } },
    ],
    ['service', 'extends: base', { extends: { service: 'base' } }],
    ['service', 'extends: {file: ../a.yaml, service: b}', { extends: { file: '../a.yaml', service: 'b' } }],
    ['service', 'cpu_shares: "512"', { cpu_shares: 512 }],
    ['service', 'cpus: ".5"', { cpus: 0.5 }],
    ['service', 'oom_score_adj: "-1000"', { oom_score_adj: -1000 }],
    ['service', 'init: yes', { init: true }],
    ['service', 'attach: "off"', { attach: false }],
    ['service', 'expose: [80, "443/udp", "80"]', { expose: ['80', '443/udp'] }],
    ['service', 'group_add: [44, video]', { group_add: ['44', 'video'] }],
    ['service', 'storage_opt: {size: 120G, count: 3}', { storage_opt: { size: '120G', count: '3' } }],
    ['service', 'pid:', { pid: null }],
    ['service', 'pull_policy: every_12h', { pull_policy: 'every_12h' }],
    [
      'service',
      'logging: {options: {max-file: 3, tag: }}',
      { logging: { options: { 'max-file': '3', tag: '' } } },
    ],
    [
      'service',
      'provider: {type: x, options: {a: 1, b: [x, true]}}',
      { provider: { type: 'x', options: { a: ['1'], b: ['x', 'true'] } } },
    ],
    ['service', 'deploy:', { deploy: null }],
    ['service', 'deploy: {replicas: "3", mode: global}', { deploy: { replicas: 3, mode: 'global' } }],
    [
      'service',
      'deploy: {resources: {limits: {cpus: 0.25, pids: "10"}}}',
      { deploy: { resources: { limits: { cpus: 0.25, pids: 10 } } } },
    ],
    [
      'service',
      'deploy: {update_config: {order: start-first, max_failure_ratio: "0.2"}}',
      { deploy: { update_config: { order: 'start-first', max_failure_ratio: 0.2 } } },
    ],
    [
      'service',
      'blkio_config: {weight: "300", weight_device: [{path: /dev/sda, weight: 400}]}',
      { blkio_config: { weight: 300, weight_device: [{ path: '/dev/sda', weight: 400 }] } },
    ],
    ['file', 'networks: {a: }', { networks: { a: {} } }],
    ['network', 'driver_opts: {mtu: 1450}', { driver_opts: { mtu: '1450' } }],
    ['network', 'internal: "true"', { internal: true }],
    ['network', 'external: {name: outer}', { external: true, name: 'outer' }],
    ['network', '{name: outer, external: {name: outer}}', { external: true, name: 'outer' }],
    ['network', 'external: {}', { external: true }],
    ['file', 'volumes: {a: }', { volumes: { a: {} } }],
    ['volume', 'external: {name: data}', { external: true, name: 'data' }],
    [
      'volume',
      '{driver: local, driver_opts: {o: bind, device: ./d}}',
      { driver: 'local', driver_opts: { o: 'bind', device: '/project/d' } },
    ],
    [
      'volume',
      '{driver: local, driver_opts: {type: nfs, device: ./d}}',
      { driver: 'local', driver_opts: { type: 'nfs', device: './d' } },
    ],
    ['secret', 'file: ./s.txt', { file: '/project/s.txt' }],
    ['secret', 'environment: TOKEN', { environment: 'TOKEN' }],
    ['config', 'content: "a: $b"', { content: 'a: $b' }],
    [
      'image',
      '{base: scratch, packages: , run: [echo, [ls, /]]}',
      { base: 'scratch', packages: null, run: ['echo', ['ls', '/']] },
    ],
    [
      'image',
      'files: {/a: text, /b: {source: b, mode: 0755}}',
      { files: { '/a': 'text', '/b': { source: 'b', mode: 0o755 } } },
    ],
    [
      'image',
      'files: [{path: /a, content: 1, owner: 1000}]',
      { files: [{ path: '/a', content: 1, owner: 1000 }] },
    ],
  ])('%s: %s', (name, yaml, value) => {
    expect(canonical(SHAPES[name], yaml)).toMatchObject({ value, errors: [] })
  })

  test.each<[Name, string]>([
    ['network', '{name: outer, external: true}'],
    ['volume', '{driver: local, driver_opts: {o: bind, device: /project/d}}'],
    ['service', 'provider: {type: x, options: {a: ["1"]}}'],
    ['file', 'include: [{path: [a.yaml]}]'],
  ])('%s: %s is canonical already', (name, yaml) => {
    expect(again(SHAPES[name], canonical(SHAPES[name], yaml).value)).toEqual(
      canonical(SHAPES[name], yaml).value,
    )
  })
})

describe('what is refused, and why', () => {
  test.each<[Name, string, string]>([
    ['file', 'version: 3', 'f:1:10 version: must be a string, not the number 3; put it in quotes: "3"'],
    ['file', 'services: [web]', 'f:1:11 services: must be a mapping of services, not a list'],
    ['file', 'services: {a: busybox}', 'f:1:15 services.a: must be a mapping with an image, not "busybox"'],
    ['file', 'services: {a: }', 'f:1:15 services.a: must be a mapping with an image, not nothing'],
    [
      'file',
      'services: {a b: {}}',
      'f:1:12 services.a b: "a b" is no name here: letters, digits, -, _ and .',
    ],
    ['file', 'include: c.yaml', 'f:1:10 include: must be a list of paths, not "c.yaml"'],
    ['file', 'helicopters: {}', 'f:1:1 helicopters: unknown key'],
    ['file', 'x-setpoint: {drift: fix}', 'f:1:21 x-setpoint.drift: must be heal or report, not "fix"'],
    ['service', 'imgae: nginx', 'f:1:1 imgae: unknown key; did you mean image?'],
    ['service', 'image: [nginx]', 'f:1:8 image: must be a string, not a list'],
    ['service', 'privileged: maybe', 'f:1:13 privileged: must be true or false, not "maybe"'],
    [
      'service',
      'cpu_percent: 101',
      'f:1:14 cpu_percent: must be a whole number from 0 to 100, not the number 101',
    ],
    [
      'service',
      'oom_score_adj: 5000',
      'f:1:16 oom_score_adj: must be a whole number from -1000 to 1000, not the number 5000',
    ],
    ['service', 'cpu_count: "-1"', 'f:1:12 cpu_count: must be a whole number of 0 or more, not "-1"'],
    ['service', 'scale: two', 'f:1:8 scale: must be a whole number, not "two"'],
    ['service', 'cgroup: shared', 'f:1:9 cgroup: must be host or private, not "shared"'],
    [
      'service',
      'stop_signal: 15',
      'f:1:14 stop_signal: must be a string, not the number 15; put it in quotes: "15"',
    ],
    [
      'service',
      'pull_policy: sometimes',
      'f:1:14 pull_policy: must be always, missing, never, build, refresh, daily, weekly or every_ with a time, as in every_12h, not "sometimes"',
    ],
    [
      'service',
      'deploy: {replicas: 1.5}',
      'f:1:20 deploy.replicas: must be a whole number, not the number 1.5',
    ],
    [
      'service',
      'deploy: {resources: {limits: {memory: 512}}}',
      'f:1:39 deploy.resources.limits.memory: must be a size with its unit, as in 512m or 1gb, not the number 512',
    ],
    [
      'service',
      'deploy: {resources: {limits: {impossible: 1}}}',
      'f:1:31 deploy.resources.limits.impossible: unknown key',
    ],
    [
      'service',
      'deploy: {update_config: {order: both}}',
      'f:1:33 deploy.update_config.order: must be start-first or stop-first, not "both"',
    ],
    [
      'service',
      'deploy: {restart_policy: {max_attempts: -1}}',
      'f:1:41 deploy.restart_policy.max_attempts: must be a whole number of 0 or more, not the number -1',
    ],
    ['service', 'replicas: 2', 'f:1:1 replicas: unknown key here; it belongs under deploy'],
    [
      'network',
      'ipam: {config: {subnet: 10.0.0.0/8}}',
      'f:1:16 ipam.config: must be a list of mappings, each with a subnet, not a mapping',
    ],
    [
      'network',
      'driver_opts: {encrypted: true}',
      'f:1:26 driver_opts.encrypted: must be a string or a number, not the boolean true',
    ],
    [
      'volume',
      '{name: a, external: {name: b}}',
      'f:1:28 external.name: name says "a" and external.name "b"; keep name only',
    ],
    ['volume', 'internal: true', 'f:1:1 internal: unknown key; did you mean external?'],
    ['config', 'driver: x', 'f:1:1 driver: unknown key'],
    [
      'image',
      'run: [{a: b}]',
      'f:1:7 run[0]: must be a command as a string, or as a list of its words, not a mapping',
    ],
    [
      'image',
      'config: {entry_point: [a]}',
      'f:1:10 config.entry_point: unknown key; did you mean entrypoint?',
    ],
  ])('%s: %s', (name, yaml, error) => {
    expect(canonical(SHAPES[name], yaml).errors).toEqual([error])
  })

  test('external.name is deprecated, and told of', () => {
    const told = canonical(network, 'external: {name: outer}').notices
    expect(told).toEqual(['f:1:11 external: external.name is deprecated; write name, and external: true'])
  })
})

/** The canonical form of what is canonical. */
function again(shape: Shape, value: unknown): unknown {
  return canonical(shape, JSON.stringify(value)).value
}
