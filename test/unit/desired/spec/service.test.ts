import { describe, expect, test } from 'vitest'
import type { ContainerSpec } from '../../../../schemas/container.ts'
import type { ServiceSpec } from '../../../../schemas/stack.ts'
import { serviceOf, specOf } from '../support.ts'

const VOLUMES = 'volumes: {data: }'
const B = 'services: {a: {image: x}}'
const container = (lines: string, rest = ''): ContainerSpec => serviceOf(lines, rest).container

function cases(name: string, read: (lines: string) => unknown, table: [string, unknown][]) {
  describe(name, () => {
    test.each(table)('%s', (lines, wanted) => expect(read(lines)).toEqual(wanted))
  })
}

const port = (published: number, target: number, more = {}) => ({
  published,
  target,
  protocol: 'tcp',
  ...more,
})

cases('ports', (lines) => container(lines).ports, [
  ['ports: ["8080:80"]', [port(8080, 80)]],
  ['ports: [8080:80]', [port(8080, 80)]],
  ['ports: ["53:53/udp"]', [port(53, 53, { protocol: 'udp' })]],
  ['ports: ["53:53/UDP"]', [port(53, 53, { protocol: 'udp' })]],
  ['ports: ["127.0.0.1:1:2"]', [port(1, 2, { hostIp: '127.0.0.1' })]],
  ['ports: ["0.0.0.0:1:2"]', [port(1, 2, { hostIp: '0.0.0.0' })]],
  ['ports: ["[::]:1:2"]', [port(1, 2)]],
  ['ports: [":::1:2"]', [port(1, 2)]],
  ['ports: ["80-82:8080-8082"]', [port(80, 8080), port(81, 8081), port(82, 8082)]],
  ['ports: [{target: 80, published: 8080}]', [port(8080, 80)]],
  [
    'ports: [{target: 80, published: "8080", protocol: udp, host_ip: 10.0.0.1}]',
    [port(8080, 80, { protocol: 'udp', hostIp: '10.0.0.1' })],
  ],
  ['ports: ["8080:80", "8080:80"]', [port(8080, 80)]],
  ['ports: ["80"]', [port(0, 80)]],
  ['ports: [80]', [port(0, 80)]],
  ['ports: ["127.0.0.1::80"]', [port(0, 80, { hostIp: '127.0.0.1' })]],
  ['ports: ["80-82:8080"]', [port(80, 8080, { publishedEnd: 82 })]],
  [
    'ports: [{target: 80, published: "8000-8001", mode: host}]',
    [port(8000, 80, { publishedEnd: 8001, mode: 'host' })],
  ],
  ['ports: [{target: 80, published: 8080, mode: ingress, name: web}]', [port(8080, 80)]],
  ['ports: []', []],
])

cases('environment', (lines) => container(lines).environment, [
  [
    'environment: {A: 1, B: text, C: true, D: 0x10, E: 0440, F: yes, G: 1.10}',
    {
      A: '1',
      B: 'text',
      C: 'true',
      D: '16',
      E: '288',
      F: 'yes',
      G: '1.1',
    },
  ],
  ['environment: [A=1, B=a=b, C=]', { A: '1', B: 'a=b', C: '' }],
  ['environment: {A: "", B: }', { A: '' }],
  ['environment: ["A=1", "A=2"]', { A: '2' }],
  ['environment: {A: "a $$b"}', { A: 'a $b' }],
  ['environment: {A: 12345678901234567890}', { A: '12345678901234567890' }],
  ['environment: {x-A: 1, __proto__: 2}', JSON.parse('{"x-A": "1", "__proto__": "2"}')],
])

cases('labels', (lines) => container(lines).labels, [
  ['labels: {a: 1, b: , c: true}', { a: '1', b: '', c: 'true' }],
  ['labels: [a=1, b]', { a: '1', b: '' }],
])

cases('command', (lines) => container(lines).command, [
  ['command: echo hello', ['echo', 'hello']],
  ['command: sh -c "echo \'a b\' $$HOME"', ['sh', '-c', "echo 'a b' $HOME"]],
  ['command: sh -c \'a "b"\'', ['sh', '-c', 'a "b"']],
  ['command: a\\ b c', ['a b', 'c']],
  ['command: [echo, "1"]', ['echo', '1']],
  ['command: []', []],
  ['command: ""', []],
  ['command:', undefined],
  ['command: >-\n  one\n  two', ['one', 'two']],
  ['command: a "" b', ['a', '', 'b']],
])

const bind = (source: string, target: string, more = {}) => ({
  type: 'bind',
  source,
  target,
  readOnly: false,
  createHostPath: true,
  ...more,
})
const volume = (target: string, more = {}) => ({
  type: 'volume',
  source: 'web_data',
  target,
  readOnly: false,
  ...more,
})

cases('volumes and tmpfs', (lines) => container(lines, VOLUMES).mounts, [
  ['volumes: ["data:/d"]', [volume('/d')]],
  ['volumes: ["data:/d/:ro"]', [volume('/d', { readOnly: true })]],
  ['volumes: ["/etc/x:/y:ro"]', [bind('/etc/x', '/y', { readOnly: true })]],
  ['volumes: ["/etc/x/:/y"]', [bind('/etc/x', '/y')]],
  ['volumes: [{type: bind, source: /s, target: /t}]', [bind('/s', '/t', { createHostPath: undefined })]],
  ['volumes: [{type: bind, source: /s, target: /t, bind: {create_host_path: true}}]', [bind('/s', '/t')]],
  ['volumes: [{type: volume, source: data, target: /t, read_only: yes}]', [volume('/t', { readOnly: true })]],
  [
    'volumes: [{type: tmpfs, target: /t, tmpfs: {size: 10m, mode: 0700}}]',
    [{ type: 'tmpfs', source: '', target: '/t', readOnly: false, size: 10485760, mode: 0o700 }],
  ],
  ['tmpfs: /run', [{ type: 'tmpfs', source: '', target: '/run', readOnly: false }]],
  [
    'tmpfs: ["/run:size=1m,mode=1777,noexec"]',
    [{ type: 'tmpfs', source: '', target: '/run', readOnly: false, size: 1048576, mode: 0o1777 }],
  ],
  [
    'tmpfs: ["/run:rw,exec,uid=1000,size=50%,nr_inodes=1k,suid,nosuid"]',
    [
      {
        ...{ type: 'tmpfs', source: '', target: '/run', readOnly: false },
        options: ['exec', 'nr_inodes=1k', 'size=50%', 'uid=1000'],
      },
    ],
  ],
  ['volumes: ["data:/d:nocopy"]', [volume('/d', { noCopy: true })]],
  [
    'volumes: [{type: volume, source: data, target: /d, volume: {subpath: ./a//b/, nocopy: false}}]',
    [volume('/d', { subpath: 'a/b' })],
  ],
  ['volumes: ["/d"]', [volume('/d', { source: '' })]],
  ['volumes: ["/x:/a:rslave"]', [bind('/x', '/a', { propagation: 'rslave' })]],
  ['volumes: ["/x:/a:rprivate"]', [bind('/x', '/a')]],
  [
    'volumes: [{type: bind, source: /x, target: /a, read_only: true, bind: {create_host_path: true, recursive: writable}}]',
    [bind('/x', '/a', { readOnly: true, recursive: 'writable' })],
  ],
  ['volumes: ["data:/b", "/x:/a"]', [bind('/x', '/a'), volume('/b')]],
  ['volumes: ["/x:/a", "/y:/a"]', [bind('/y', '/a')]],
])

const health = (more = {}) => ({
  test: ['/bin/sh', '-c', 'true'],
  interval: 30_000,
  timeout: 30_000,
  retries: 3,
  startPeriod: 0,
  startInterval: 5_000,
  ...more,
})

cases('healthcheck', (lines) => container(lines).healthcheck, [
  ['healthcheck: {test: "true"}', health()],
  ['healthcheck: {test: [CMD-SHELL, "true"]}', health()],
  ['healthcheck: {test: [CMD, a, b]}', health({ test: ['a', 'b'] })],
  ['healthcheck: {test: [NONE]}', null],
  ['healthcheck: {disable: true}', null],
  ['healthcheck: {disable: false}', undefined],
  ['healthcheck: {}', undefined],
  [
    'healthcheck: {test: "true", interval: 1m30s, timeout: 1.5s, retries: 5, start_period: 1h, start_interval: 2s}',
    health({
      interval: 90_000,
      timeout: 1_500,
      retries: 5,
      startPeriod: 3_600_000,
      startInterval: 2_000,
    }),
  ],
  ['healthcheck: {test: "true", interval: 0s, retries: 0}', health()],
  ['hostname: x', undefined],
])

cases('restart', (lines) => container(lines).restart, [
  ['restart: "no"', { condition: 'none' }],
  ['restart: no', { condition: 'none' }],
  ['restart: always', { condition: 'any' }],
  ['restart: unless-stopped', { condition: 'any' }],
  ['restart: on-failure', { condition: 'on-failure' }],
  ['restart: on-failure:4', { condition: 'on-failure', maxAttempts: 4 }],
  ['user: root', { condition: 'any' }],
  [
    'deploy: {restart_policy: {condition: on-failure, delay: 5s, max_attempts: 3, window: 2m}}',
    {
      condition: 'on-failure',
      delay: 5_000,
      maxAttempts: 3,
      window: 120_000,
    },
  ],
  ['restart: always\ndeploy: {restart_policy: {condition: none, max_attempts: 0}}', { condition: 'none' }],
])

cases('limits', (lines) => container(lines).resources, [
  [
    'deploy: {resources: {limits: {cpus: "0.5", memory: 64M, pids: 10}, reservations: {memory: 32m}}}',
    {
      cpus: 0.5,
      memory: 67108864,
      pids: 10,
      memoryReservation: 33554432,
    },
  ],
  [
    'mem_limit: 1gb\ncpus: 0.25\npids_limit: 5\nmem_reservation: 1024',
    {
      memory: 1073741824,
      cpus: 0.25,
      pids: 5,
      memoryReservation: 1024,
    },
  ],
  ['cpus: 0\npids_limit: -1', {}],
])

cases('the process', (lines) => container(lines), [
  ['user: 1000:1000', expect.objectContaining({ user: '1000:1000' })],
  ['user: "1000"', expect.objectContaining({ user: '1000' })],
  ['working_dir: /srv/app/', expect.objectContaining({ workingDir: '/srv/app' })],
  ['read_only: true', expect.objectContaining({ readOnly: true })],
  [
    'cap_add: [net_admin, CAP_SYS_TIME]\ncap_drop: [ALL]',
    expect.objectContaining({
      capAdd: ['CAP_NET_ADMIN', 'CAP_SYS_TIME'],
      capDrop: ['ALL'],
    }),
  ],
  ['security_opt: [no-new-privileges]', expect.objectContaining({ noNewPrivileges: true })],
  ['security_opt: ["no-new-privileges:false"]', expect.objectContaining({ noNewPrivileges: false })],
  ['stop_signal: quit', expect.objectContaining({ stopSignal: 'SIGQUIT' })],
  ['stop_signal: "9"', expect.objectContaining({ stopSignal: 'SIGKILL' })],
  ['stop_signal: SIGRTMIN+3', expect.objectContaining({ stopSignal: 'SIGRTMIN+3' })],
  ['stop_grace_period: 1m', expect.objectContaining({ stopGracePeriod: 60_000 })],
  ['tty: false', expect.objectContaining({ stopGracePeriod: 10_000 })],
  ['entrypoint: /bin/x --y', expect.objectContaining({ entrypoint: ['/bin/x', '--y'] })],
])

cases(
  'networks',
  (lines) => container(lines, 'networks: {back: , out: {external: true}, n: {name: full}}').networks,
  [
    ['user: root', [{ network: 'web_default', aliases: ['a'] }]],
    ['networks: [back]', [{ network: 'web_back', aliases: ['a'] }]],
    [
      'networks: {back: {aliases: [x, b, x]}, default: }',
      [
        { network: 'web_back', aliases: ['a', 'b', 'x'] },
        { network: 'web_default', aliases: ['a'] },
      ],
    ],
    [
      'networks: [out, n]',
      [
        { network: 'full', aliases: ['a'] },
        { network: 'out', aliases: ['a'] },
      ],
    ],
    ['container_name: boss', [{ network: 'web_default', aliases: ['a', 'boss'] }]],
  ],
)

const update = (more = {}) => ({
  parallelism: 1,
  delay: 0,
  monitor: 5_000,
  maxFailureRatio: 0,
  failureAction: 'rollback',
  order: 'stop-first',
  deadline: 300_000,
  ...more,
})

cases('update', (lines) => serviceOf(lines).update, [
  ['user: root', update()],
  [
    'deploy: {update_config: {parallelism: 0, delay: 1s, failure_action: pause, monitor: 2s, max_failure_ratio: 0.5, order: start-first}}',
    update({
      parallelism: 0,
      delay: 1_000,
      failureAction: 'pause',
      monitor: 2_000,
      maxFailureRatio: 0.5,
      order: 'start-first',
    }),
  ],
  ['x-setpoint: {update: {deadline: 30s}}', update({ deadline: 30_000 })],
  [
    'healthcheck: {test: "true", start_period: 5m, interval: 20s, retries: 2}\nstop_grace_period: 30s',
    update({
      deadline: 300_000 + 40_000 + 30_000 + 5_000,
    }),
  ],
])

cases('replicas and mode', (lines) => pick(serviceOf(lines)), [
  ['user: root', { mode: 'replicated', replicas: 1 }],
  ['scale: 3', { mode: 'replicated', replicas: 3 }],
  ['deploy: {replicas: "2"}', { mode: 'replicated', replicas: 2 }],
  ['deploy: {replicas: 0}', { mode: 'replicated', replicas: 0 }],
  ['deploy: {mode: global}', { mode: 'global', replicas: 1 }],
])

function pick({ mode, replicas }: ServiceSpec) {
  return { mode, replicas }
}

const DB = '  db: {image: x}'

cases('depends_on', (lines) => serviceOf(lines, DB).dependsOn, [
  ['depends_on: [db]', [{ service: 'db', condition: 'started' }]],
  ['depends_on: {db: {condition: service_healthy}}', [{ service: 'db', condition: 'healthy' }]],
  [
    'depends_on: {db: {condition: service_completed_successfully}}',
    [{ service: 'db', condition: 'completed' }],
  ],
  ['links: [db]', [{ service: 'db', condition: 'started' }]],
  ['links: [db]\ndepends_on: {db: {condition: service_healthy}}', [{ service: 'db', condition: 'healthy' }]],
])

test('a service that others wait for to complete runs once', () => {
  const spec = specOf(
    'services:\n  a: {image: x, depends_on: {m: {condition: service_completed_successfully}}}\n  m: {image: x}',
  )
  expect(spec.services.map(({ name, container }) => [name, container.restart])).toEqual([
    ['a', { condition: 'any' }],
    ['m', { condition: 'none' }],
  ])
})

cases(
  'networks and volumes of a stack',
  (yaml) => {
    const { networks, volumes } = specOf(yaml)
    return { networks, volumes }
  },
  [
    [B, { networks: [{ name: 'web_default', internal: false, external: false }], volumes: [] }],
    [
      `${B}\nnetworks: {default: {internal: true, ipam: {config: [{subnet: 10.9.0.0/24}]}}, unused: }`,
      {
        networks: [{ name: 'web_default', internal: true, external: false, subnet: '10.9.0.0/24' }],
        volumes: [],
      },
    ],
    [
      'services: {a: {image: x, networks: [n], volumes: ["v:/v", "w:/w"]}}\nnetworks: {n: {name: N, external: true}}\nvolumes: {v: {labels: [a=b], driver_opts: {type: nfs, device: ":/x", o: "addr=10.0.0.2"}}, w: {external: true}, unused: }',
      {
        networks: [{ name: 'N', internal: false, external: true }],
        volumes: [
          { name: 'w', external: true, labels: {} },
          {
            ...{ name: 'web_v', external: false, labels: { a: 'b' } },
            driverOpts: { type: 'nfs', device: ':/x', o: 'addr=10.0.0.2' },
          },
        ],
      },
    ],
  ],
)

cases(
  'names and settings',
  (yaml) => {
    const { name, drift } = specOf(yaml)
    return [name, drift]
  },
  [
    [B, ['web', 'heal']],
    [`name: shop\n${B}`, ['shop', 'heal']],
    [`name: My_Shop\n${B}`, ['my_shop', 'heal']],
    [`x-setpoint: {drift: report}\n${B}`, ['web', 'report']],
    [`name: x-\${E:-prod}\n${B}`, ['x-prod', 'heal']],
  ],
)

cases('images', (lines) => container(lines).image, [
  ['pull_policy: always', { reference: 'docker.io/library/busybox:latest', pull: 'always' }],
  ['pull_policy: if_not_present', { reference: 'docker.io/library/busybox:latest', pull: 'missing' }],
  ['user: root', { reference: 'docker.io/library/busybox:latest', pull: 'missing' }],
  ...(
    [
      ['pull_policy: never', { pull: 'never' }],
      ['pull_policy: daily', { pull: 'missing', refresh: 86_400_000 }],
      ['pull_policy: weekly', { pull: 'missing', refresh: 604_800_000 }],
      ['pull_policy: every_1h30m', { pull: 'missing', refresh: 5_400_000 }],
      ['platform: linux/arm64/v8', { pull: 'missing', platform: 'linux/arm64' }],
      ['platform: linux/arm/v7', { pull: 'missing', platform: 'linux/arm/v7' }],
      ['platform: x86_64', { pull: 'missing', platform: 'linux/amd64' }],
      ['platform: ""', { pull: 'missing' }],
    ] as const
  ).map(
    ([line, image]) =>
      [line, { reference: 'docker.io/library/busybox:latest', ...image }] as [string, unknown],
  ),
])

describe('anchors and merge keys', () => {
  test.each([
    ['x-c: &c {environment: {A: 1}}\nservices: {a: {<<: *c, image: x}}', { A: '1' }],
    ['x-c: &c {environment: {A: 1}}\nservices: {a: {<<: *c, image: x, environment: {B: 2}}}', { B: '2' }],
    [
      'x-c: &c {A: 1}\nx-d: &d {A: 2, B: 2}\nservices: {a: {image: x, environment: {<<: [*c, *d]}}}',
      { A: '1', B: '2' },
    ],
    ['services: {a: {image: x, environment: &e {A: 1}}, b: {image: x, environment: *e}}', { A: '1' }],
    ['x-c: &c {A: "${UNSET}"}\nservices: {a: {image: x, environment: {A: 1}}}', { A: '1' }],
  ])('%s', (yaml, wanted) => expect(specOf(yaml).services[0]?.container.environment).toEqual(wanted))
})
