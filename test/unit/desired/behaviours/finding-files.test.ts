import { describe } from 'vitest'
import { a, accepted, aFile, behaviour, deployed } from './support.ts'

const [ONE, TWO] = [aFile('user: one'), aFile('user: two')]
const OVER = 'services: {a: {hostname: over}}\n'

describe('several files', () => {
  behaviour(59, 'compose.yaml is found', { files: { 'compose.yaml': ONE }, flags: {} }, a({ user: 'one' }))
  behaviour(
    59,
    'compose.yaml is taken before compose.yml, and that told',
    { files: { 'compose.yaml': ONE, 'compose.yml': TWO }, flags: {} },
    accepted(
      a({ user: 'one' }),
      'notice compose.yaml: compose.yaml is used, not compose.yml; remove one, or choose with -f',
    ),
  )
  behaviour(
    59,
    'compose.yml is taken before docker-compose.yml',
    { files: { 'compose.yml': ONE, 'docker-compose.yml': TWO }, flags: {} },
    accepted(
      a({ user: 'one' }),
      'notice compose.yml: compose.yml is used, not docker-compose.yml; remove one, or choose with -f',
    ),
  )
  behaviour(
    59,
    'docker-compose.yml is taken before docker-compose.yaml',
    { files: { 'docker-compose.yml': ONE, 'docker-compose.yaml': TWO }, flags: {} },
    accepted(
      a({ user: 'one' }),
      'notice docker-compose.yml: docker-compose.yml is used, not docker-compose.yaml; remove one, or choose with -f',
    ),
  )
  behaviour(
    59,
    'compose.override.yaml is merged over it',
    { files: { 'compose.yaml': ONE, 'compose.override.yaml': OVER }, flags: {} },
    a({ user: 'one', hostname: 'over' }),
  )
  behaviour(
    59,
    'an override may be spelled otherwise than the file',
    { files: { 'compose.yaml': ONE, 'docker-compose.override.yml': OVER }, flags: {} },
    a({ user: 'one', hostname: 'over' }),
  )
  behaviour(
    59,
    'of two overrides one is taken, and that told',
    {
      files: { 'compose.yaml': ONE, 'compose.override.yaml': OVER, 'docker-compose.override.yml': TWO },
      flags: {},
    },
    accepted(
      a({ user: 'one', hostname: 'over' }),
      'notice compose.yaml: compose.override.yaml is used, not docker-compose.override.yml; remove one, or choose with -f',
    ),
  )
  behaviour(
    59,
    'with -f nothing else is read',
    { files: { 'compose.yaml': ONE, 'compose.override.yaml': OVER }, flags: { file: ['compose.yaml'] } },
    a({ user: 'one', hostname: undefined }),
  )
  behaviour(
    59,
    'a stack from Git has its files the same way',
    { files: { 'docker-compose.yml': ONE, 'compose.override.yaml': OVER } },
    deployed({ services: { a: { container: { user: 'one', hostname: 'over' } } } }),
  )

  behaviour(
    60,
    'a later text or number takes the place of the earlier',
    [aFile('user: one\ncpus: 0.5'), 'services: {a: {user: two, cpus: 2}}\n'],
    a({ user: 'two', cpus: 2 }),
  )
  behaviour(
    60,
    'mappings are merged key by key, to any depth',
    [
      aFile('logging: {driver: json-file, options: {max-size: 1m, tag: one}}'),
      'services: {a: {logging: {options: {tag: two, labels: x}}}}\n',
    ],
    a({ logging: { driver: 'json-file', options: { 'max-size': '1m', tag: 'two', labels: 'x' } } }),
  )
  behaviour(
    60,
    'lists are joined',
    [aFile('expose: ["1", "2"]'), 'services: {a: {expose: ["3"]}}\n'],
    a({ expose: ['1', '2', '3'] }),
  )
  behaviour(
    60,
    'what only one file has stays',
    [aFile('user: one'), 'services: {b: {image: busybox}}\nvolumes: {data: }\n'],
    { services: { a: { user: 'one' }, b: { image: 'busybox' } } },
  )
  behaviour(
    60,
    'x- keys of the root are merged the same way',
    [`x-team: {a: 1, b: [1]}\n${ONE}`, 'x-team: {a: 2, b: [2]}\n'],
    { 'x-team': { a: 2, b: [1, 2] } },
  )
  behaviour(
    60,
    'a third file is merged over both',
    [
      aFile('user: one\nexpose: ["1"]'),
      'services: {a: {user: two, expose: ["2"]}}\n',
      'services: {a: {user: three, expose: ["3"]}}\n',
    ],
    a({ user: 'three', expose: ['1', '2', '3'] }),
  )
})
