import { describe, expect, test } from 'vitest'
import { digest } from '../../../../schemas/canonical.ts'
import { StackSpec } from '../../../../schemas/stack.ts'
import { checker } from '../../../../schemas/validate.ts'
import { aService, type Content, serviceOf, specOf } from '../support.ts'
import { fingerprintOf, fingerprintsOf } from './fingerprint-support.ts'

const BASE = [
  'ports: ["1:1", "2:2"]',
  'environment: {A: 1, B: 2}',
  'labels: {team: shop, tier: front}',
  'volumes: ["/a:/a", "/b:/b:ro"]',
  'networks: {x: {aliases: [p, q]}, y: }',
  'cap_add: [NET_RAW, KILL]',
  'stop_grace_period: 90s',
  'mem_limit: 1g',
  'healthcheck: {test: [CMD, probe], interval: 60s}',
].join('\n')
const REST = 'networks: {x: {}, y: {}}'
const print = (lines: string, rest = REST) => serviceOf(lines, rest).fingerprint
const changed = (from: string, to: string) => {
  expect(BASE).toContain(from)
  return BASE.replace(from, to)
}

describe('what leads to no new task', () => {
  test.each([
    ['the order of keys', BASE.split('\n').reverse().join('\n')],
    ['the order of ports', changed('["1:1", "2:2"]', '["2:2", "1:1"]')],
    ['a port that is written twice', changed('["1:1", "2:2"]', '["1:1", "2:2", "1:1"]')],
    ['the order of variables', changed('{A: 1, B: 2}', '{B: 2, A: 1}')],
    ['the order of labels', changed('{team: shop, tier: front}', '{tier: front, team: shop}')],
    ['the order of mounts', changed('["/a:/a", "/b:/b:ro"]', '["/b:/b:ro", "/a:/a"]')],
    [
      'the order of networks and aliases',
      changed('{x: {aliases: [p, q]}, y: }', '{y: {}, x: {aliases: [q, p]}}'),
    ],
    ['the order of capabilities', changed('[NET_RAW, KILL]', '[KILL, NET_RAW]')],
    ['comments', `# one\n${BASE.replaceAll('\n', ' # two\n')}\n# three`],
    ['block and flow style', changed('{A: 1, B: 2}', '\n  A: 1\n  B: 2')],
    ['quotes', changed('{A: 1, B: 2}', `{"A": '1', 'B': "2"}`)],
    ['variables as a list', changed('{A: 1, B: 2}', '["B=2", "A=1"]')],
    ['labels as a list', changed('{team: shop, tier: front}', '[tier=front, team=shop]')],
    [
      'a port in the long form',
      changed('"1:1"', '{target: 1, published: "1", protocol: tcp, mode: ingress}'),
    ],
    ['a port with its protocol', changed('"1:1"', '"1:1/tcp"')],
    ['ports as a range', changed('["1:1", "2:2"]', '["1-2:1-2"]')],
    [
      'a mount in the long form',
      changed('"/a:/a"', '{type: bind, source: /a, target: /a, bind: {create_host_path: true}}'),
    ],
    ['a slash at the end of a mount', changed('"/a:/a"', '"/a/:/a/"')],
    ['the spelling of a capability', changed('[NET_RAW, KILL]', '[CAP_NET_RAW, kill]')],
    ['a duration written otherwise', changed('90s', '1m30s')],
    ['a duration in milliseconds', changed('90s', '90000ms')],
    ['a duration of a healthcheck', changed('60s', '1m')],
    ['a size written otherwise', changed('1g', '1024m')],
    ['a size in bytes', changed('1g', '1073741824')],
    ['a limit below deploy', changed('mem_limit: 1g', 'deploy: {resources: {limits: {memory: 1GB}}}')],
    ['a default that is written out', `${BASE}\nread_only: false\nprivileged: false\nrestart: always`],
    [
      'no test but its defaults',
      changed('interval: 60s', 'interval: 60s, timeout: 30s, retries: 3, start_period: 0s'),
    ],
    ['replicas', `${BASE}\ndeploy: {replicas: 5}`],
    ['scale', `${BASE}\nscale: 5`],
    ['global', `${BASE}\ndeploy: {mode: global}`],
    [
      'update settings',
      `${BASE}\ndeploy: {update_config: {parallelism: 3, order: start-first, failure_action: pause}}`,
    ],
    ['labels of the service in Swarm', `${BASE}\ndeploy: {labels: [a=b]}`],
    ['the pull policy', `${BASE}\npull_policy: always`],
    ['when the image is looked up again', `${BASE}\npull_policy: daily`],
    ['the deadline', `${BASE}\nx-setpoint: {update: {deadline: 9m}}`],
    ['keys of one’s own', `${BASE}\nx-note: {any: thing}`],
    ['keys without effect', `${BASE}\nattach: false\nexpose: [80]\nstorage_opt: {size: 1g}\nbuild: .`],
  ])('%s', (_what, lines) => expect(print(lines)).toBe(print(BASE)))

  test.each([
    ['a dependency', `${BASE}\ndepends_on: [b]`, `  b: {image: b}\n${REST}`],
    ['another service', BASE, `  b: {image: b, command: other}\n${REST}`],
    [
      'a network that others use',
      BASE,
      `  b: {image: b, networks: [z]}\n${REST.replace('}}', '}, z: {internal: true}}')}`,
    ],
    ['a volume that nobody uses', BASE, `${REST}\nvolumes: {unused: {labels: [a=b]}}`],
    ['drift', BASE, `${REST}\nx-setpoint: {drift: report}`],
  ])('%s', (_what, lines, rest) => expect(print(lines, rest)).toBe(print(BASE)))
})

describe('what leads to a new task', () => {
  test.each([
    ['a variable', changed('A: 1', 'A: 2')],
    ['one variable more', changed('A: 1', 'A: 1, C: 3')],
    ['a port of the host', changed('1:1', '3:1')],
    ['a port of the container', changed('1:1', '1:3')],
    ['a protocol', changed('1:1', '1:1/udp')],
    ['an address', changed('1:1', '127.0.0.1:1:1')],
    ['a limit', changed('1g', '2g')],
    ['a reservation', `${BASE}\nmem_reservation: 1m`],
    ['processes', `${BASE}\npids_limit: 9`],
    ['cores', `${BASE}\ncpus: 0.5`],
    ['a label of the container', changed('tier: front', 'tier: back')],
    ['the source of a mount', changed('/a:/a', '/c:/a')],
    ['the target of a mount', changed('/a:/a', '/a:/c')],
    ['that a mount is read only', changed('/a:/a', '/a:/a:ro')],
    ['that its folder is made', changed('"/a:/a"', '{type: bind, source: /a, target: /a}')],
    ['a tmpfs', `${BASE}\ntmpfs: /t`],
    ['an alias', changed('[p, q]', '[p, q, r]')],
    ['a network less', changed(', y: ', '')],
    ['a capability', changed('KILL', 'CHOWN')],
    ['a capability that is taken away', `${BASE}\ncap_drop: [ALL]`],
    ['the time to stop', changed('90s', '91s')],
    ['the signal to stop', `${BASE}\nstop_signal: SIGINT`],
    ['the test of a healthcheck', changed('[CMD, probe]', '[CMD, probe, deep]')],
    ['its times', changed('60s', '61s')],
    ['that it is switched off', changed('{test: [CMD, probe], interval: 60s}', '{disable: true}')],
    ['that there is none', changed('healthcheck: {test: [CMD, probe], interval: 60s}', '')],
    ['the command', `${BASE}\ncommand: x`],
    ['an empty command', `${BASE}\ncommand: []`],
    ['the entrypoint', `${BASE}\nentrypoint: x`],
    ['the user', `${BASE}\nuser: app`],
    ['the folder that it starts in', `${BASE}\nworking_dir: /srv`],
    ['its name as a host', `${BASE}\nhostname: till`],
    ['a further name', `${BASE}\ncontainer_name: till`],
    ['a root that is read only', `${BASE}\nread_only: true`],
    ['no new privileges', `${BASE}\nsecurity_opt: ["no-new-privileges:true"]`],
    ['the restart policy', `${BASE}\nrestart: on-failure:3`],
  ])('%s', (_what, lines) => expect(print(lines)).not.toBe(print(BASE)))

  test('the order of arguments', () => {
    expect(print('command: [a, b]', '')).not.toBe(print('command: [b, a]', ''))
  })

  test('the image', () => {
    const of = (image: string) => fingerprintOf(`services: {a: {image: "${image}"}}`)
    expect(of('till:2')).not.toBe(of('till:1'))
    expect(of('docker.io/library/till:1')).toBe(of('till:1'))
  })

  test('the networks and volumes that it uses, as they are declared', () => {
    const used = (rest: string) => print('volumes: ["d:/d"]', rest)
    expect(used('volumes: {d: {labels: [x=y]}}')).not.toBe(used('volumes: {d: }'))
    expect(used('volumes: {d: {name: other}}')).not.toBe(used('volumes: {d: }'))
    expect(used('volumes: {d: }\nnetworks: {default: {internal: true}}')).not.toBe(used('volumes: {d: }'))
  })
})

const SERVICE = '{image: till, user: app, environment: {A: "1", B: "2"}, labels: {A: "1", B: "2"}}'
const WRITTEN_OUT = fingerprintOf(`services: {a: ${SERVICE}}`)

describe('what is put together is what is written out', () => {
  test.each<[string, Record<string, Content> | string, object?]>([
    ['an anchor', 'services: {a: {image: till, user: app, environment: &e {A: "1", B: "2"}, labels: *e}}'],
    [
      'a merge key',
      `x-base: &base {image: till, user: none}\nservices:\n  a:\n    <<: *base\n    user: app\n    environment: {A: 1, B: 2}\n    labels: {A: 1, B: 2}`,
    ],
    [
      'extends',
      `services:\n  base: {image: till, user: none, environment: [A=1, B=0]}\n  a: {extends: base, user: app, environment: {B: 2}, labels: {A: 1, B: 2}}`,
    ],
    [
      'extends of a file',
      {
        'compose.yaml': 'services: {a: {extends: {file: lib/base.yaml, service: base}, user: app}}',
        'lib/base.yaml': `services: {base: ${SERVICE}}`,
      },
    ],
    [
      'include',
      { 'compose.yaml': 'include: [lib/compose.yaml]', 'lib/compose.yaml': `services: {a: ${SERVICE}}` },
    ],
    [
      'several files',
      {
        'compose.yaml': `services: {a: ${SERVICE.replace('app', 'none')}}`,
        'over.yaml': 'services: {a: {user: app}}',
      },
      { compose: ['compose.yaml', 'over.yaml'] },
    ],
    [
      'several documents',
      `services: {a: ${SERVICE.replace('app', 'none')}}\n---\nservices: {a: {user: app}}`,
    ],
    [
      '!reset and !override',
      `services: {a: ${SERVICE.replace('user: app', 'user: none, read_only: true')}}\n---\nservices: {a: {read_only: !reset false, user: !override app}}`,
    ],
    [
      'variables',
      'services: {a: {image: "$IMAGE", user: "${USER:-app}", environment: ["A=$ONE", "B=2"], labels: {A: "${ONE}", B: "${TWO:?}"}}}',
      { variables: { IMAGE: 'till', ONE: '1', TWO: '2' } },
    ],
    [
      'variables of the project',
      'services: {a: {image: till, user: app, environment: [A, B], labels: {A: 1, B: 2}}}',
      { variables: { A: '1', B: '2' } },
    ],
    [
      'an env_file',
      {
        'compose.yaml':
          'services: {a: {image: till, user: app, env_file: a.env, environment: {B: 2}, labels: {A: 1, B: 2}}}',
        'a.env': 'A=1 # one\nB=0',
      },
    ],
    [
      'a label_file',
      {
        'compose.yaml': 'services: {a: {image: till, user: app, environment: {A: 1, B: 2}, label_file: l}}',
        l: 'A=1\nB=2',
      },
    ],
  ])('%s', (_what, given, options) => expect(fingerprintOf(given, options)).toBe(WRITTEN_OUT))

  test('what changes in an env_file is a change', () => {
    const of = (value: string) =>
      fingerprintOf({
        'compose.yaml': 'services: {a: {image: till, env_file: a.env}}',
        'a.env': `A=${value}`,
      })
    expect(of('2')).not.toBe(of('1'))
  })
})

const MOUNTING = `
services:
  a:
    image: till
    configs: [file, {source: text, target: /etc/text}]
    secrets: [key]
    volumes: ["./site:/site:ro", "./one.txt:/one.txt"]
  b: {image: till}
configs:
  file: {file: app.ini}
  text: {content: "greeting=$GREETING"}
secrets:
  key: {file: key.txt}
`
const MOUNTED = {
  'web/compose.yaml': MOUNTING,
  'web/app.ini': 'x=1',
  'web/key.txt': 'secret',
  'web/one.txt': 'one',
  'web/site/index.html': '<h1>',
  'web/site/css/a.css': 'a {}',
}
const mounted = (more: Record<string, Content>, greeting = 'hello') =>
  fingerprintsOf(
    { ...MOUNTED, ...more },
    { compose: ['web/compose.yaml'], directory: 'web', variables: { GREETING: greeting } },
  )
const before = mounted({})

describe('what a service mounts of the repository', () => {
  test.each<[string, Record<string, Content>]>([
    ['the file of a config', { 'web/app.ini': 'x=2' }],
    ['the file of a secret', { 'web/key.txt': 'other' }],
    ['a file that it mounts', { 'web/one.txt': 'two' }],
    ['a file in a folder that it mounts', { 'web/site/css/a.css': 'b {}' }],
    ['a file more in the folder', { 'web/site/new.html': '' }],
    ['who may run a file of the folder', { 'web/site/index.html': { executable: '<h1>' } }],
    ['where a link in the folder leads', { 'web/site/css/a.css': { link: '../index.html' } }],
  ])('%s replaces its tasks alone', (_what, more) => {
    const after = mounted(more)
    expect(after.a).not.toBe(before.a)
    expect(after.b).toBe(before.b)
  })

  test('the content of a config in the file itself does too', () => {
    expect(mounted({}, 'good day').a).not.toBe(before.a)
  })

  test.each<[string, Record<string, Content>]>([
    ['another file of the repository', { 'web/README.md': 'read', 'site/index.html': 'other' }],
    ['a folder of a longer name', { 'web/site2/index.html': 'other' }],
    ['a config in the long form', { 'web/compose.yaml': MOUNTING.replace('[file,', '[{source: file},') }],
    [
      'a relative target of a secret',
      { 'web/compose.yaml': MOUNTING.replace('[key]', '[{source: key, target: key}]') },
    ],
    [
      'the order of configs',
      {
        'web/compose.yaml': MOUNTING.replace(
          '[file, {source: text, target: /etc/text}]',
          '[{source: text, target: /etc/text}, file]',
        ),
      },
    ],
    [
      'the name of a config in the file',
      {
        'web/compose.yaml': MOUNTING.replace('[file,', '[{source: renamed, target: /file},').replace(
          '  file: {',
          '  renamed: {',
        ),
      },
    ],
    [
      'a file that has moved',
      { 'web/compose.yaml': MOUNTING.replace('app.ini', 'moved/app.ini'), 'web/moved/app.ini': 'x=1' },
    ],
    [
      'content in place of a file',
      { 'web/compose.yaml': MOUNTING.replace('{file: app.ini}', '{content: x=1}') },
    ],
    [
      'a config that nobody uses',
      {
        'web/compose.yaml': MOUNTING.replace(
          'configs:\n  file:',
          'configs:\n  unused: {content: x}\n  file:',
        ),
      },
    ],
  ])('%s changes nothing', (_what, more) => expect(mounted(more)).toEqual(before))

  test.each([
    ['its target', '[key]', '[{source: key, target: other}]'],
    ['its owner', '[key]', '[{source: key, uid: "5"}]'],
    ['its mode', '[key]', '[{source: key, mode: 0400}]'],
  ])('%s counts', (_what, from, to) => {
    expect(mounted({ 'web/compose.yaml': MOUNTING.replace(from, to) }).a).not.toBe(before.a)
  })

  test('a mode written otherwise does not', () => {
    const [one, ...others] = ['0440', '0o440', '"0440"'].map(
      (mode) =>
        mounted({ 'web/compose.yaml': MOUNTING.replace('[key]', `[{source: key, mode: ${mode}}]`) }).a,
    )
    expect(others).toEqual([one, one])
  })

  test('the folder of the project may be mounted, also where it is that of the repository', () => {
    const of = (text: string, directory: string) => {
      const compose = `${directory}compose.yaml`
      const files = {
        [compose]: 'services: {a: {image: till, volumes: [".:/app"]}}',
        [`${directory}page`]: text,
      }
      return fingerprintOf(files, { compose: [compose], directory })
    }
    expect(of('new', '')).not.toBe(of('old', ''))
    expect(of('new', 'web/')).not.toBe(of('old', 'web/'))
  })

  test('so may a link to a folder', () => {
    const compose = 'services: {a: {image: till, volumes: ["./site:/site"]}}'
    const of = (text: string) =>
      fingerprintOf({ 'compose.yaml': compose, site: { link: 'pages/new' }, 'pages/new/index.html': text })
    expect(of('new')).not.toBe(of('old'))
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
    const spec = specOf(aService(`${BASE}\ntmpfs: /t`, `${REST}\nx-setpoint: {drift: report}`))
    const { digest: own, ...rest } = spec
    expect(own).toBe(digest(rest))
    expect(checker(StackSpec)(JSON.parse(JSON.stringify(spec)))).toEqual({ ok: true, value: spec })
  })
})
