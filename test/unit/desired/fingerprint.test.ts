import { describe, expect, test } from 'vitest'
import { digest } from '../../../schemas/canonical.ts'
import { StackSpec } from '../../../schemas/stack.ts'
import { checker } from '../../../schemas/validate.ts'
import { aService, serviceOf, specOf } from './support.ts'

const BASE =
  'ports: ["1:1", "2:2"]\nenvironment: {A: 1, B: 2}\nvolumes: ["/a:/a", "/b:/b"]\ncap_add: [NET_RAW, KILL]\nstop_grace_period: 90s\nmem_limit: 1g'
const print = (lines: string) => serviceOf(lines).fingerprint

describe('what leads to a new task', () => {
  test.each([
    [
      'the order of keys and items',
      'mem_limit: 1g\nstop_grace_period: 90s\ncap_add: [KILL, NET_RAW]\nvolumes: ["/b:/b", "/a:/a"]\nenvironment: {B: 2, A: 1}\nports: ["2:2", "1:1"]',
    ],
    [
      'list or map, short or long form',
      BASE.replace('{A: 1, B: 2}', '["B=2", "A=1"]').replace('"1:1"', '{target: 1, published: "1"}'),
    ],
    ['durations and sizes written otherwise', BASE.replace('90s', '1m30s').replace('1g', '1024m')],
    ['comments', `# one\n${BASE} # two`],
    ['replicas', `${BASE}\ndeploy: {replicas: 5}`],
    ['update settings', `${BASE}\ndeploy: {update_config: {parallelism: 3}}`],
    ['labels of the service', `${BASE}\ndeploy: {labels: [a=b]}`],
    ['the pull policy', `${BASE}\npull_policy: always`],
    ['the deadline', `${BASE}\nx-setpoint: {update: {deadline: 9m}}`],
  ])('%s: no', (_what, lines) => expect(print(lines)).toBe(print(BASE)))

  test.each([
    ['a variable', BASE.replace('A: 1', 'A: 2')],
    ['a port', BASE.replace('1:1', '1:3')],
    ['a limit', BASE.replace('1g', '2g')],
    ['a label of the container', `${BASE}\nlabels: [a=b]`],
    ['the command', `${BASE}\ncommand: x`],
    ['the order of a command', `${BASE}\ncommand: [a, b]`],
    ['an empty command', `${BASE}\ncommand: []`],
    ['a healthcheck that is switched off', `${BASE}\nhealthcheck: {disable: true}`],
  ])('%s: yes', (_what, lines) => expect(print(lines)).not.toBe(print(BASE)))

  test('the order of arguments counts', () => {
    expect(print('command: [a, b]')).not.toBe(print('command: [b, a]'))
  })

  test('the networks and volumes that it uses count, others do not', () => {
    const used = (rest: string) => specOf(aService('volumes: ["d:/d"]', rest)).services[0]?.fingerprint
    expect(used('volumes: {d: , e: }')).toBe(used('volumes: {d: }'))
    expect(used('volumes: {d: {labels: [x=y]}}')).not.toBe(used('volumes: {d: }'))
    expect(used('volumes: {d: }\nnetworks: {default: {internal: true}}')).not.toBe(used('volumes: {d: }'))
  })
})

describe('the digest of a stack', () => {
  const stack = (lines: string, rest = '') => specOf(aService(lines, rest)).digest
  test('changes with replicas, update settings, drift and every service, not with order', () => {
    const digests = [
      stack('user: root'),
      stack('scale: 2'),
      stack('user: root\ndeploy: {update_config: {parallelism: 2}}'),
      stack('user: root', 'x-setpoint: {drift: report}'),
      stack('user: root', '  b: {image: x}'),
    ]
    expect(new Set(digests).size).toBe(digests.length)
    expect(specOf('services: {b: {image: x}, a: {image: y}}').digest).toBe(
      specOf('services: {a: {image: y}, b: {image: x}}').digest,
    )
  })

  test('is over the whole spec, which has the shape of the schema', () => {
    const spec = specOf(aService(`${BASE}\nhealthcheck: {test: x}\ntmpfs: /t`, 'x-setpoint: {drift: report}'))
    const { digest: own, ...rest } = spec
    expect(own).toBe(digest(rest))
    expect(checker(StackSpec)(JSON.parse(JSON.stringify(spec)))).toEqual({ ok: true, value: spec })
  })
})
