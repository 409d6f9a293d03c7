import { a, accepted, aFile, behaviour, deployed, refused } from './support.ts'

/** A service `a` in several files, each merged over those before. */
function over(base: string, ...later: string[]): string[] {
  return [aFile(base), ...later.map((lines) => `services:\n  a:\n    ${lines}\n`)]
}

const port = (published: string, target: number, more = {}) => ({
  ...{ mode: 'ingress', target, published, protocol: 'tcp' },
  ...more,
})
const bind = (source: string, target: string, more = {}) => ({
  ...{ type: 'bind', source, target, bind: { create_host_path: true } },
  ...more,
})

behaviour(
  61,
  'a later command takes the place of the earlier one',
  over('command: [serve, --all]', 'command: once'),
  a({ command: ['once'] }),
)
behaviour(
  61,
  'a later entrypoint does, and leaves the command',
  over('command: [serve]\nentrypoint: /old --old', 'entrypoint: [/new]'),
  a({ command: ['serve'], entrypoint: ['/new'] }),
)
behaviour(
  61,
  'a later test of a healthcheck does, and leaves its times',
  over('healthcheck: {test: [CMD, probe, --deep], retries: 9}', 'healthcheck: {test: probe}'),
  a({ healthcheck: { test: ['CMD-SHELL', 'probe'], retries: 9 } }),
)
behaviour(61, 'an empty command does too', over('command: [serve]', 'command: []'), a({ command: [] }))

const MERGED = { COLOUR: 'blue', SIZE: '7', SHAPE: 'round' }
const LIST = '[COLOUR=red, SHAPE=round]'
const MAP = '{COLOUR: blue, SIZE: 7}'
behaviour(
  62,
  'environment as list and map is merged by name',
  over(`environment: ${LIST}`, `environment: ${MAP}`),
  a({ environment: MERGED }),
)
behaviour(
  62,
  'labels are, the other way round',
  over('labels: {COLOUR: red, SHAPE: round}', 'labels: [COLOUR=blue, SIZE=7]'),
  a({ labels: MERGED }),
)
behaviour(62, 'sysctls are', over(`sysctls: ${LIST}`, `sysctls: ${MAP}`), a({ sysctls: MERGED }))
behaviour(
  62,
  'arguments of a build are',
  over(`build: {context: ., args: ${LIST}}`, `build: {args: ${MAP}}`),
  a({ build: { context: '/srv/shop', dockerfile: 'Dockerfile', args: MERGED } }),
)
behaviour(
  62,
  'labels of deploy are',
  over(`deploy: {labels: ${LIST}}`, `deploy: {labels: ${MAP}}`),
  a({ deploy: { labels: MERGED, resources: {}, placement: {} } }),
)

behaviour(
  63,
  'ports of both files count, one that is the same once',
  over('ports: ["8080:80"]', 'ports: ["9090:90", "8080:80"]'),
  a({ ports: [port('8080', 80), port('9090', 90)] }),
)
behaviour(
  63,
  'another target on the same port of the host is another entry, not as in Swarm',
  over('ports: ["8080:80"]', 'ports: ["8080:81"]'),
  a({ ports: [port('8080', 80), port('8080', 81)] }),
)
behaviour(
  63,
  'another protocol or address makes another entry, another way to write it does not',
  over('ports: ["53:53"]', 'ports: ["127.0.0.1:53:53", "53:53/udp", {target: 53, published: 53}]'),
  a({
    ports: [port('53', 53), port('53', 53, { host_ip: '127.0.0.1' }), port('53', 53, { protocol: 'udp' })],
  }),
)

behaviour(
  64,
  'the later volume on a target takes the place of the earlier, others are added',
  over('volumes: ["/old:/data", "/etc/keys:/keys"]', 'volumes: ["/new:/data:ro", "/var/log:/log"]'),
  a({
    volumes: [
      bind('/new', '/data', { read_only: true }),
      bind('/etc/keys', '/keys'),
      bind('/var/log', '/log'),
    ],
  }),
)
behaviour(
  64,
  'so does a device',
  over('devices: ["/dev/sda:/dev/disk", "/dev/fuse"]', 'devices: ["/dev/sdb:/dev/disk:r"]'),
  a({
    devices: [
      { source: '/dev/sdb', target: '/dev/disk', permissions: 'r' },
      { source: '/dev/fuse', target: '/dev/fuse', permissions: 'rwm' },
    ],
  }),
)

const FILES = '{old: {file: o}, new: {file: n}, other: {file: x}}'
behaviour(
  64,
  'so does a secret, by where it is found in the container',
  [
    aFile('secrets: [old, other]', `secrets: ${FILES}`),
    'services: {a: {secrets: [{source: new, target: /run/secrets/old}]}}',
  ],
  a({
    secrets: [
      { source: 'new', target: '/run/secrets/old' },
      { source: 'other', target: '/run/secrets/other' },
    ],
  }),
)
behaviour(
  64,
  'so does a config',
  [
    aFile('configs: [old, other]', `configs: ${FILES}`),
    'services: {a: {configs: [{source: new, target: /old}]}}',
  ],
  a({ configs: [{ source: 'new', target: '/old' }, { source: 'other' }] }),
)

behaviour(
  65,
  'dns as text and list is one list without repetition, the base first',
  over('dns: 9.9.9.9', 'dns: [1.1.1.1, 9.9.9.9]'),
  a({ dns: ['9.9.9.9', '1.1.1.1'] }),
)
behaviour(
  65,
  'tmpfs is, the other way round',
  over('tmpfs: [/run, /cache]', 'tmpfs: /cache'),
  a({ tmpfs: ['/run', '/cache'] }),
)
behaviour(
  65,
  'env_file is, so that the file that is named last wins',
  {
    files: {
      'compose.yaml': aFile('env_file: base.env'),
      'compose.override.yaml': 'services: {a: {env_file: [more.env, base.env]}}',
      'base.env': 'FROM=base\nBASE=1',
      'more.env': 'FROM=more',
    },
  },
  a({ environment: { FROM: 'more', BASE: '1' } }),
)

behaviour(
  66,
  'options of one log driver are merged',
  over(
    'logging: {driver: journald, options: {tag: shop, env: A}}',
    'logging: {driver: journald, options: {tag: till}}',
  ),
  a({ logging: { driver: 'journald', options: { tag: 'till', env: 'A' } } }),
)
behaviour(
  66,
  'also where the later file leaves the driver out',
  over('logging: {driver: journald, options: {env: A}}', 'logging: {options: {tag: till}}'),
  a({ logging: { driver: 'journald', options: { tag: 'till', env: 'A' } } }),
)
behaviour(
  66,
  'another driver takes the place of driver and options',
  over('logging: {driver: journald, options: {env: A}}', 'logging: {driver: local, options: {tag: till}}'),
  a({ logging: { driver: 'local', options: { tag: 'till' } } }),
)

const NETWORKS = 'networks: {front: {}, back: {}}'
behaviour(
  67,
  'networks as list and map are one map',
  [
    aFile('networks: [front]', NETWORKS),
    'services: {a: {networks: {front: {aliases: [site]}, back: {priority: 5}}}}',
  ],
  a({ networks: { front: { aliases: ['site'] }, back: { priority: 5 } } }),
)
behaviour(
  67,
  'aliases are added, each once',
  [
    aFile('networks: {front: {aliases: [site, shop]}}', NETWORKS),
    'services: {a: {networks: {front: {aliases: [shop, till]}}}}',
  ],
  a({ networks: { front: { aliases: ['site', 'shop', 'till'] } } }),
)
behaviour(
  67,
  'depends_on as list and map is one map',
  [
    aFile('depends_on: [db, queue]', '  db: {image: db}\n  queue: {image: queue}'),
    'services: {a: {depends_on: {db: {condition: service_healthy}}}}',
  ],
  a({
    depends_on: {
      db: { condition: 'service_healthy', required: true },
      queue: { condition: 'service_started', required: true },
    },
  }),
)

const DB = '  db: {image: db}'
behaviour(
  68,
  'a later file may leave out what must be there in the end',
  [
    aFile('depends_on: {db: {condition: service_healthy}}', DB),
    'services: {a: {depends_on: {db: {required: false}}}}',
  ],
  a({ depends_on: { db: { condition: 'service_healthy', required: false } } }),
)
behaviour(
  68,
  'what is still not there in the end is told of',
  over('user: app', 'user: web\n  b: {user: other}'),
  refused('second.yaml:4:6 services.b: has no image and no build; add one of them'),
)

behaviour(
  69,
  '!reset takes a key away, whatever stands beside the tag',
  over(
    'user: app\nports: ["80:80"]\nhealthcheck: {test: probe, retries: 2}',
    'user: !reset null\n    ports: !reset []\n    healthcheck: {retries: !reset 0}',
  ),
  a({ user: undefined, ports: undefined, healthcheck: { test: ['CMD-SHELL', 'probe'] } }),
)
behaviour(
  69,
  'it takes one variable away of a list of them',
  over('environment: [KEEP=1, DROP=1]', 'environment: {DROP: !reset null}'),
  a({ environment: { KEEP: '1' } }),
)
behaviour(
  69,
  'it takes a service away',
  [aFile('user: app', '  debug: {image: sh}'), 'services: {debug: !reset null}'],
  { services: { a: { user: 'app' }, debug: undefined } },
)
behaviour(
  69,
  'it works through an alias, in each place',
  over('cap_add: [KILL]\nvolumes: ["/data:/data"]', 'cap_add: &none !reset []\n    volumes: *none'),
  a({ cap_add: undefined, volumes: undefined }),
)
behaviour(
  69,
  'it works through a merge key',
  [
    aFile('user: app\nlabels: {team: shop}'),
    'x-plain: &plain\n  labels: !reset {}\nservices:\n  a:\n    <<: *plain\n    user: web',
  ],
  a({ user: 'web', labels: undefined }),
)
behaviour(
  69,
  'on an item of a list it takes nothing away, as in Compose, which is told of',
  over('cap_add: [KILL, CHOWN]', 'cap_add: [!reset KILL]'),
  accepted(
    a({ cap_add: ['KILL', 'CHOWN'] }),
    'notice second.yaml:3:22 services.a.cap_add[0]: !reset takes no item from a list; write the whole list anew, as in ports: !override [...]',
  ),
)

behaviour(
  70,
  '!override puts a list in the place of another',
  over('ports: ["80:80"]', 'ports: !override ["90:90"]'),
  a({ ports: [port('90', 90)] }),
)
behaviour(
  70,
  'it puts a map in the place of another',
  over('environment: [OLD=1]', 'environment: !override {NEW: 1}'),
  a({ environment: { NEW: '1' } }),
)
behaviour(
  70,
  'it puts a service in the place of another',
  [aFile('user: app'), 'services: {a: !override {image: other}}'],
  a({ image: 'other', user: undefined }),
)
behaviour(
  70,
  'in a single file it is the value',
  over('ports: !override ["90:90"]'),
  a({ ports: [port('90', 90)] }),
)

const ELSEWHERE = {
  'compose.yaml': aFile('volumes: ["./one:/one"]'),
  'tests/second.yaml': 'services: {a: {volumes: ["./two:/two"], build: ./src, env_file: v.env}}',
  'v.env': 'FROM=first',
  'tests/v.env': 'FROM=second',
}
behaviour(
  71,
  'paths of all files start at the folder of the first',
  { files: ELSEWHERE, env: { COMPOSE_FILE: 'compose.yaml:tests/second.yaml' } },
  a({
    volumes: [bind('/srv/shop/one', '/one'), bind('/srv/shop/two', '/two')],
    build: { context: '/srv/shop/src', dockerfile: 'Dockerfile' },
    environment: { FROM: 'first' },
  }),
)
behaviour(
  71,
  'the other way round it is that of the other file',
  {
    files: {
      'up/compose.yaml': aFile('build: .'),
      'second.yaml': 'services: {a: {env_file: v.env}}',
      'up/v.env': 'A=1',
    },
    env: { COMPOSE_FILE: 'up/compose.yaml:second.yaml' },
  },
  a({ build: { context: '/srv/shop/up', dockerfile: 'Dockerfile' }, environment: { A: '1' } }),
)
behaviour(
  71,
  'with --project-directory they start there',
  {
    files: { 'compose.yaml': aFile('env_file: v.env'), 'stage/v.env': 'A=stage' },
    flags: { file: ['compose.yaml'], projectDirectory: 'stage' },
  },
  a({ environment: { A: 'stage' } }),
)

const OBSOLETE = 'version: accepted without effect: obsolete, the Compose Specification has no versions'
const [older, newer] = [
  `version: "3.1"\n${aFile('user: app')}`,
  'version: "3.4"\nservices: {a: {read_only: true}}',
]
behaviour(
  72,
  'files of different versions are merged, since versions mean nothing, not as in Swarm',
  [older, newer],
  accepted(a({ user: 'app', read_only: true }), `notice second.yaml:1:1 ${OBSOLETE}`),
)
behaviour(
  72,
  'also where a stack is deployed',
  { files: { 'compose.yaml': older, 'compose.override.yaml': newer } },
  deployed(
    { services: { a: { container: { user: 'app', readOnly: true } } } },
    `notice compose.override.yaml:1:1 ${OBSOLETE}`,
  ),
)

behaviour(
  73,
  'no replicas at all take the place of three',
  over('deploy: {replicas: 3}', 'deploy: {replicas: 0}'),
  a({ deploy: { replicas: 0, resources: {}, placement: {} } }),
)
behaviour(
  73,
  'false and nothing take the place of what was there',
  over(
    'read_only: true\nstop_grace_period: 5s\nhostname: till',
    'read_only: false\n    stop_grace_period: 0s\n    hostname: ""',
  ),
  a({ read_only: undefined, stop_grace_period: '0s', hostname: undefined }),
)
