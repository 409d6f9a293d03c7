import { describe, expect, test } from 'vitest'
import { checkConsistency } from '../../../../../controller/desired/compose/checks/consistency.ts'
import { cursorAt } from '../../../../../controller/desired/cursor.ts'
import { aModel, toldAt } from '../model-support.ts'

function told(yaml: string, all?: string): string[] {
  const model = aModel(yaml)
  const at = cursorAt(model, [])
  checkConsistency(at, all === undefined ? model : aModel(all))
  return toldAt(at)
}

/** The problems of the service `a` on an image, with the lines given from line 4 on. */
function toldOf(lines: string, rest = ''): string[] {
  const indented = lines.split('\n').map((line) => `    ${line}`)
  return told(`services:\n  a:\n    image: busybox\n${indented.join('\n')}\n${rest}`)
}

describe('what a service is made from', () => {
  test.each([
    ['services: {a: {image: i}}', []],
    ['services: {a: {build: {context: .}}}', []],
    ['services: {a: {provider: {type: cloud}}}', []],
    ['services: {a: {extends: {service: b}}}', []],
    ['services:\n  a: {hostname: h}', ['f:2:6 services.a: has no image and no build; add one of them']],
    ['services:\n  a: {image: ""}', ['f:2:14 services.a.image: must not be empty']],
    ['services:\n  a: {image: "", build: {context: .}}', []],
  ])('%j', (yaml, problems) => {
    expect(told(yaml)).toEqual(problems)
  })
})

describe('build', () => {
  test.each([
    [
      'build: {context: ., dockerfile: D, dockerfile_inline: FROM i}',
      ['f:4:40 services.a.build.dockerfile_inline: stands beside dockerfile; keep one'],
    ],
    [
      'platform: linux/arm64\nbuild: {context: ., platforms: [linux/amd64]}',
      ['f:5:25 services.a.build.platforms: does not list linux/arm64, the platform of the service; add it'],
    ],
    ['platform: linux/arm64\nbuild: {context: ., platforms: [linux/arm64]}', []],
    ['platform: linux/arm64\nbuild: {context: .}', []],
    [
      'build: {context: ., additional_contexts: {base: "service:nope", other: /srv}}',
      [
        'f:4:53 services.a.build.additional_contexts.base: names the service nope, which is not declared; there is a',
      ],
    ],
    [
      'build: {context: ., secrets: [{source: key}]}',
      ['f:4:35 services.a.build.secrets[0]: names the secret key, which is not declared'],
    ],
  ])('%s', (lines, problems) => {
    expect(toldOf(lines)).toEqual(problems)
  })
})

describe('references', () => {
  test.each([
    [
      'networks: {back: , default: }',
      '',
      'f:4:16 services.a.networks.back: names the network back, which is not declared',
    ],
    [
      'networks: {back: }',
      'networks: {front: , bakc: }',
      'f:4:16 services.a.networks.back: names the network back, which is not declared; did you mean bakc?',
    ],
    [
      'volumes: [{type: volume, source: data, target: /d}]',
      '',
      'f:4:15 services.a.volumes[0]: names the volume data, which is not declared',
    ],
    [
      'secrets: [{source: key, target: /k}]',
      'secrets: {other: {file: /o}}',
      'f:4:15 services.a.secrets[0]: names the secret key, which is not declared; there is other',
    ],
    [
      'configs: [{source: conf}]',
      '',
      'f:4:15 services.a.configs[0]: names the config conf, which is not declared',
    ],
    ['models: {llm: {}}', '', 'f:4:14 services.a.models.llm: names the model llm, which is not declared'],
    [
      'depends_on: {db: {condition: service_started}}',
      '',
      'f:4:18 services.a.depends_on.db: names the service db, which is not declared; there is a',
    ],
    [
      'depends_on: {db: {condition: service_started, required: false}}',
      '',
      'f:4:18 services.a.depends_on.db: names the service db, which is not declared; there is a',
    ],
    [
      'links: ["db:database"]',
      '',
      'f:4:13 services.a.links[0]: names the service db, which is not declared; there is a',
    ],
    [
      'volumes_from: ["db:ro"]',
      '',
      'f:4:20 services.a.volumes_from[0]: names the service db, which is not declared; there is a',
    ],
    [
      'network_mode: service:db',
      '',
      'f:4:19 services.a.network_mode: names the service db, which is not declared; there is a',
    ],
    ['pid: service:db', '', 'f:4:10 services.a.pid: names the service db, which is not declared; there is a'],
  ])('%s', (lines, rest, problem) => {
    expect(toldOf(lines, rest)).toEqual([problem])
  })

  test.each([
    ['networks: {back: }', 'networks: {back: }'],
    ['volumes: [{type: volume, target: /anonymous}]', ''],
    ['volumes: [{type: bind, source: /srv, target: /d}]', ''],
    ['volumes: [{type: volume, source: data, target: /d}]', 'volumes: {data: }'],
    ['models: {llm: {}}', 'models: {llm: {model: m}}'],
    ['volumes_from: ["container:old"]', ''],
    ['network_mode: container:old', ''],
    ['network_mode: host', ''],
  ])('%s is declared', (lines, rest) => {
    expect(toldOf(lines, rest)).toEqual([])
  })

  test('a name that is wrong in two ways is told once', () => {
    expect(toldOf('links: [db]\ndepends_on: {db: {condition: service_started}}')).toHaveLength(1)
  })

  test('a service that no profile enables is declared', () => {
    const yaml = 'services: {a: {image: i, links: [b]}}'
    expect(told(yaml, 'services: {a: {image: i}, b: {image: i}}')).toEqual([])
  })

  test('many names are not listed', () => {
    const networks = `networks: {${['one', 'two', 'three', 'four', 'five', 'six'].map((name) => `${name}: `).join(', ')}}`
    expect(toldOf('networks: {elsewhere: }', networks)[0]).toMatch(/which is not declared$/)
  })
})

describe('circles', () => {
  test.each([
    ['a on itself', { a: 'links: [a]' }, 'a -> a'],
    ['two', { a: 'links: [b]', b: 'network_mode: service:a' }, 'a -> b -> a'],
    [
      'three, entered from outside',
      { x: 'links: [a]', a: 'links: [b]', b: 'links: [c]', c: 'links: [a]' },
      'a -> b -> c -> a',
    ],
  ])('of %s', (_name, services, circle) => {
    const lines = Object.entries(services).map(([name, line]) => `  ${name}: {image: i, ${line}}`)
    const problems = told(`services:\n${lines.join('\n')}`)
    expect(problems).toHaveLength(1)
    expect(problems[0]).toContain(`the dependencies go round in a circle: ${circle}`)
  })

  test('are told at the dependency that closes them', () => {
    const problems = told(
      'services:\n  a:\n    image: i\n    links: [b]\n  b:\n    image: i\n    links:\n      - a',
    )
    expect(problems).toEqual([
      'f:8:9 services.b.links[0]: the dependencies go round in a circle: a -> b -> a',
    ])
  })

  test('are none where two ways lead to one service', () => {
    const yaml = `services:
  a: {image: i, links: [b, c]}
  b: {image: i, links: [d]}
  c: {image: i, links: [d]}
  d: {image: i}`
    expect(told(yaml)).toEqual([])
  })

  test('are looked for in a chain of ten thousand services', () => {
    const chain = Array.from(
      { length: 10_000 },
      (_, i) => `  s${i}: {image: i, links: [s${(i + 1) % 10_000}]}`,
    )
    const problems = told(`services:\n${chain.join('\n')}`)
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatch(
      /^f:10001:\d+ services\.s9999\.links\[0\]: the dependencies go round in a circle: s0 -> s1 -> /,
    )
  })

  test('by the thousand are told ten times', () => {
    const selfish = Array.from({ length: 1000 }, (_, i) => `  s${i}: {image: i, links: [s${i}]}`)
    expect(told(`services:\n${selfish.join('\n')}`)).toHaveLength(10)
  })
})

describe('one setting under two keys', () => {
  test.each([
    ['scale: 2\ndeploy: {replicas: 3}', 'f:4:12 services.a.scale: is 2, but deploy.replicas is 3; keep one'],
    [
      'cpus: 0.5\ndeploy: {resources: {limits: {cpus: 1.5}}}',
      'f:4:11 services.a.cpus: is 0.5, but deploy.resources.limits.cpus is 1.5; keep one',
    ],
    [
      'mem_limit: "1024"\ndeploy: {resources: {limits: {memory: "2048"}}}',
      'f:4:16 services.a.mem_limit: is 1024, but deploy.resources.limits.memory is 2048; keep one',
    ],
    [
      'mem_reservation: "1"\ndeploy: {resources: {reservations: {memory: "2"}}}',
      'f:4:22 services.a.mem_reservation: is 1, but deploy.resources.reservations.memory is 2; keep one',
    ],
    [
      'pids_limit: 5\ndeploy: {resources: {limits: {pids: 6}}}',
      'f:4:17 services.a.pids_limit: is 5, but deploy.resources.limits.pids is 6; keep one',
    ],
    [
      'network_mode: host\nnetworks: {default: }',
      'f:4:5 services.a.network_mode: stands beside networks; a service has one or the other',
    ],
  ])('%j', (lines, problem) => {
    expect(toldOf(lines)).toEqual([problem])
  })

  test.each([
    'scale: 3\ndeploy: {replicas: 3}',
    'cpus: 0.5\ndeploy: {resources: {limits: {cpus: 0.5}}}',
    'mem_limit: "1024"\ndeploy: {resources: {limits: {cpus: 1}}}',
    'pids_limit: 0\ndeploy: {resources: {limits: {pids: 6}}}',
    'network_mode: host\nnetworks: {}',
  ])('%j agrees', (lines) => {
    expect(toldOf(lines)).toEqual([])
  })
})

describe('replicas', () => {
  test.each([
    ['scale: -1', ['f:4:12 services.a.scale: must be 0 or more, not -1']],
    ['deploy: {replicas: -2}', ['f:4:24 services.a.deploy.replicas: must be 0 or more, not -2']],
    [
      'container_name: one\nscale: 2',
      ['f:4:21 services.a.container_name: is one name, but there are 2 replicas; remove it'],
    ],
    [
      'container_name: one\ndeploy: {replicas: 3}',
      ['f:4:21 services.a.container_name: is one name, but there are 3 replicas; remove it'],
    ],
    ['container_name: one\nscale: 1', []],
    ['container_name: one', []],
    ['scale: 0', []],
  ])('%j', (lines, problems) => {
    expect(toldOf(lines)).toEqual(problems)
  })
})

describe('container names', () => {
  test.each([
    ['services:\n  a: {image: i, container_name: x1}\n  b: {image: i, container_name: x2}', []],
    [
      'services:\n  a: {image: i, container_name: x1}\n  b: {image: i, container_name: x1}',
      ['f:3:33 services.b.container_name: "x1" is already the container_name of services.a'],
    ],
  ])('%j', (yaml, problems) => {
    expect(told(yaml)).toEqual(problems)
  })
})

describe('mounts', () => {
  const volume = (target: string) => `{type: volume, target: ${target}}`
  test.each([
    [
      `tmpfs: ["/t:size=1m"]\nvolumes: [${volume('/t')}]`,
      ['f:5:15 services.a.volumes[0]: /t is already mounted by services.a.tmpfs[0]'],
    ],
    ['tmpfs: [/t, /u, /t/]', ['f:4:21 services.a.tmpfs[2]: /t is already mounted by services.a.tmpfs[0]']],
    [
      `volumes: [${volume('/v')}, ${volume('/v/')}]`,
      ['f:4:43 services.a.volumes[1]: /v is already mounted by services.a.volumes[0]'],
    ],
    [`tmpfs: [/t]\nvolumes: [${volume('/t/sub')}, ${volume('/')}]`, []],
    ['volumes: [{type: bind, source: /srv, target: /b}]', []],
    ['volumes: [{type: tmpfs, target: /b}]', []],
  ])('%j', (lines, problems) => {
    expect(toldOf(lines)).toEqual(problems)
  })
})

describe('watching', () => {
  test.each([
    [
      '{path: ., action: sync}',
      ['f:4:23 services.a.develop.watch[0]: has no target; sync needs the path in the container'],
    ],
    ['{path: ., action: restart}, {path: ., action: sync, target: /app}', []],
  ])('%s', (rules, problems) => {
    expect(toldOf(`develop: {watch: [${rules}]}`)).toEqual(problems)
  })
})

describe('networks, volumes, secrets and configs', () => {
  test.each([
    [
      'volumes: {v: {external: true, driver: local}}',
      ['f:1:31 volumes.v.driver: stands beside external: true; remove one of them'],
    ],
    ['volumes: {v: {external: true, name: data, x-note: kept}}', []],
    ['volumes: {v: {external: false, driver: local}}', []],
    [
      'networks: {n: {external: true, driver: overlay}}',
      [
        'notice f:1:40 networks.n.driver: has no effect, because an external network has the settings of the stack that declares it',
      ],
    ],
    ['secrets: {s: {name: x}}', ['f:1:14 secrets.s: needs one of file, environment']],
    [
      'secrets: {s: {file: /s, environment: S}}',
      ['f:1:25 secrets.s.environment: stands beside file; keep one'],
    ],
    ['configs: {c: {labels: {}}}', ['f:1:14 configs.c: needs one of file, environment, content']],
    [
      'configs: {c: {environment: C, content: c}}',
      ['f:1:31 configs.c.content: stands beside environment; keep one'],
    ],
    ['configs: {c: {content: ""}}', []],
    ['configs: {c: {external: true}}\nsecrets: {s: {external: true}}', []],
    ['configs: {c: {driver: vault}}', []],
  ])('%s', (yaml, problems) => {
    expect(told(`${yaml}\nservices: {a: {image: i}}`)).toEqual(problems)
  })
})

test('all problems are told at once', () => {
  const problems = told(`
services:
  a: {hostname: h, networks: {back: }, scale: 2, deploy: {replicas: 1}}
  b: {image: i, links: [b, c]}
secrets: {s: {}}`)
  expect(problems).toHaveLength(6)
})
